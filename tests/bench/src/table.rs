//! Text tables for a terminal.

/// Lines of cells below a header: the first column is aligned to the left, numbers to the right.
pub(crate) fn render<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let header = header.map(str::to_owned);
    let lines: Vec<&[String; N]> = std::iter::once(&header).chain(rows).collect();
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    lines.iter().map(|line| aligned(line.as_slice(), &widths)).collect()
}

fn aligned(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::from("  ");
    for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let padded = if column == 0 { format!("{cell:<width$}") } else { format!("  {cell:>width$}") };
        line.push_str(&padded);
    }
    format!("{}\n", line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: [&str; 2]) -> [String; 2] {
        cells.map(str::to_owned)
    }

    #[test]
    fn columns_are_aligned_when_cells_differ_in_width() {
        let rows = [row(["empty", "1.8"]), row(["größer", "10.25"])];
        assert_eq!(render(["", "ms"], &rows), "             ms\n  empty     1.8\n  größer  10.25\n");
    }

    #[test]
    fn only_the_header_is_shown_when_there_are_no_rows() {
        assert_eq!(render(["name", "ms"], &[]), "  name  ms\n");
    }
}
