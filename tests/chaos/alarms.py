"""Which alarms fire: the one that must, those that may, and all others, which end the experiment."""


class Alarms:
    """The alarms of staging and of production."""

    def __init__(self, cloudwatch, staging):
        self.cloudwatch = cloudwatch
        self.own, self.production = staging.stack + "-", staging.production_alarms
        self.expected = self.own + "backend-throttles"
        # A refused function is a server error of the API, and refusals that take long move its latency. The suite that
        # ran before leaves 4xx behind.
        self.tolerated = {self.expected} | {f"{self.own}api-{kind}" for kind in ("4xx", "5xx", "latency")}

    def firing(self):
        names = set()
        for prefix in (self.own, self.production):
            pages = self.cloudwatch.get_paginator("describe_alarms").paginate(
                AlarmNamePrefix=prefix, StateValue="ALARM", AlarmTypes=["MetricAlarm", "CompositeAlarm"]
            )
            for page in pages:
                names |= {alarm["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for alarm in page.get(kind, [])}
        return names

    def exists(self):
        """Whether the alarm that must fire is there at all."""
        found = self.cloudwatch.describe_alarms(AlarmNames=[self.expected])
        return bool(found.get("MetricAlarms"))
