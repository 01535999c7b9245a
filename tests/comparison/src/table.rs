//! Text tables for a terminal.

/// Lines of cells, the first of them the header: the first column is aligned to the left, all others to the right.
pub(crate) fn render(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    lines.iter().map(|line| aligned(line, &widths)).collect()
}

fn aligned(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::from("  ");
    for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let padded = if column == 0 { format!("{cell:<width$}") } else { format!("  {cell:>width$}") };
        line.push_str(&padded);
    }
    format!("{}\n", line.trim_end())
}

/// A line of a table.
pub(crate) fn line<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_when_cells_differ_in_width() {
        let lines = [line(["", "min"]), line(["alarm", "10"]), line(["größer", "3"])];
        assert_eq!(render(&lines), "          min\n  alarm    10\n  größer    3\n");
    }
}
