//! A table for a terminal: columns as wide as what is in them, numbers below each other by their
//! point, and no lines.

/// How what is in a column lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    /// To the left.
    Text,
    /// With the points of all below each other; what follows a number, such as its unit, goes with
    /// what is after the point.
    Number,
}

/// The lines of a table, the first of which is its head. Where a terminal is narrower than that,
/// the columns that have no room come below, again with the first one.
pub(crate) fn text(columns: &[Column], rows: &[Vec<String>]) -> String {
    within(room(), columns, rows)
}

/// How many characters a line has room for; no end if nobody looks.
fn room() -> usize {
    let terminal = terminal_size::terminal_size_of(std::io::stdout());
    terminal.map_or(usize::MAX, |(wide, _)| usize::from(wide.0))
}

fn within(room: usize, columns: &[Column], rows: &[Vec<String>]) -> String {
    let whole = block(columns, rows);
    let mut fits = columns.len();
    if width(whole.lines()) <= room || fits < 3 {
        return whole;
    }
    let some = |range: &[usize]| {
        let columns: Vec<Column> = range.iter().map(|nth| columns[*nth]).collect();
        let cell = |row: &Vec<String>, nth: &usize| row.get(*nth).cloned().unwrap_or_default();
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| range.iter().map(|nth| cell(row, nth)).collect()).collect();
        block(&columns, &rows)
    };
    let (mut blocks, mut next) = (Vec::new(), 1);
    while next < columns.len() {
        fits = columns.len();
        let text = loop {
            let range: Vec<usize> = std::iter::once(0).chain(next..fits).collect();
            let text = some(&range);
            if width(text.lines()) <= room || fits == next + 1 {
                break text;
            }
            fits -= 1;
        };
        blocks.push(text);
        next = fits;
    }
    blocks.join("\n")
}

/// The lines of a table in one piece.
fn block(columns: &[Column], rows: &[Vec<String>]) -> String {
    let mut lines = vec![String::new(); rows.len()];
    for (nth, column) in columns.iter().enumerate() {
        let cells = rows.iter().map(|row| row.get(nth).map_or("", String::as_str));
        let cells: Vec<String> = match column {
            Column::Text => cells.map(str::to_owned).collect(),
            Column::Number => by_point(cells),
        };
        let wide = width(cells.iter());
        for (line, cell) in lines.iter_mut().zip(cells) {
            let gap = if nth == 0 { "" } else { "  " };
            line.push_str(gap);
            line.push_str(&match column {
                Column::Text => format!("{cell:wide$}"),
                Column::Number => format!("{cell:>wide$}"),
            });
        }
    }
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Cells below a head, which is as it is, all as wide as what is widest after the point.
fn by_point<'a>(mut cells: impl Iterator<Item = &'a str>) -> Vec<String> {
    let head = cells.next().unwrap_or_default();
    let cells = cells.map(|cell| cell.split_at(cell.find(['.', ' ']).unwrap_or(cell.len())));
    let cells: Vec<(&str, &str)> = cells.collect();
    let after = width(cells.iter().map(|(_, after)| after));
    let cells = cells.iter().map(|(whole, rest)| format!("{whole}{rest:after$}"));
    std::iter::once(head.to_owned()).chain(cells).collect()
}

/// The width of the widest.
fn width(texts: impl Iterator<Item = impl AsRef<str>>) -> usize {
    texts.map(|text| text.as_ref().chars().count()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lie_below_each_other_by_their_point_and_texts_begin_together() {
        let rows = [
            ["Per seed", "mean", "interval"],
            ["  events", "275,287", "2 to 3"],
            ["  start p50", "0.308 s", ""],
            ["  start p90", "12.6 s", "12.6 s to 12.7 s"],
            ["  refused", "860", "851 to 869"],
        ];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        let table = text(&[Column::Text, Column::Number, Column::Text], &rows);
        let expected = "Per seed              mean  interval\n\
                        \x20 events     275,287        2 to 3\n\
                        \x20 start p50        0.308 s\n\
                        \x20 start p90       12.6 s    12.6 s to 12.7 s\n\
                        \x20 refused        860        851 to 869\n";
        assert_eq!(table, expected, "\n{table}");
    }

    #[test]
    fn what_has_no_room_beside_comes_below_with_the_first_column() {
        let rows = [["name", "first", "second", "third"], ["a", "1", "2", "3"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        let columns = [Column::Text, Column::Number, Column::Number, Column::Number];
        let table = within(20, &columns, &rows);
        assert_eq!(table, "name  first  second\na         1       2\n\nname  third\na         3\n");
        assert_eq!(within(usize::MAX, &columns, &rows).lines().count(), 2);
        assert_eq!(within(1, &columns, &rows).lines().count(), 8, "a column is never cut");
    }

    #[test]
    fn a_table_without_rows_is_its_head() {
        assert_eq!(text(&[Column::Number], &[vec!["Seeds".to_owned()]]), "Seeds\n");
    }
}
