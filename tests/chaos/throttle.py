"""The throttle: reserved concurrency 0, which makes Lambda refuse every request to the function."""


class NotRestored(Exception):
    """Staging stays throttled; the message holds the command that ends it."""


class Throttle:
    """Sets the throttle and takes it back. The template reserves nothing for the backend, so nothing is what comes back."""

    TRIES = 5

    def __init__(self, lambdas, function, wait):
        self.lambdas, self.function, self.wait = lambdas, function, wait

    def reserved(self):
        return self.lambdas.get_function_concurrency(FunctionName=self.function).get("ReservedConcurrentExecutions")

    def set(self):
        self.lambdas.put_function_concurrency(FunctionName=self.function, ReservedConcurrentExecutions=0)

    def restore(self):
        """Tries for a while: nothing else matters now. Safe to repeat, also when nothing is throttled."""
        reason = None
        for number in range(self.TRIES):
            if number:
                self.wait(2**number)
            try:
                self.lambdas.delete_function_concurrency(FunctionName=self.function)
                if self.reserved() is None:
                    return
                reason = "Lambda still reports a reserved concurrency"
            except Exception as error:  # noqa: BLE001 - whatever it is, try again
                reason = str(error)
        command = f"aws lambda delete-function-concurrency --function-name {self.function}"
        raise NotRestored(f"{self.function} is still throttled ({reason}); end it by hand: {command}")
