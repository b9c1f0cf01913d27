//! The numbers of a chart, as text that is a CSV file.

use crate::chart::{Chart, Layer, Marks};
use maud::{Markup, html};
use std::fmt::Write;

/// More rows are left out, and it is said how many: the file of the rows has them.
const ROWS_MAX: usize = 2_000;

/// A row: what it belongs to, where, and how much.
struct Row<'c> {
    layer: &'c str,
    from: f64,
    to: Option<f64>,
    value: Option<f64>,
}

pub(super) fn details(chart: &Chart) -> Markup {
    let rows: Vec<Row<'_>> = chart.layers.iter().flat_map(rows).collect();
    if rows.is_empty() {
        return html! {};
    }
    let left_out = rows.len().saturating_sub(ROWS_MAX);
    html! {
        details {
            summary { "Its numbers" }
            @if left_out > 0 { p class="note" { (left_out) " more rows are left out here." } }
            pre class="csv" data-csv=(chart.slug) tabindex="0" role="region"
                aria-label={ "Numbers: " (chart.title) } { (csv(chart, &rows)) }
        }
    }
}

fn csv(chart: &Chart, rows: &[Row<'_>]) -> String {
    // Of points there is no end, and of bands no height.
    let (ends, values) =
        (rows.iter().any(|row| row.to.is_some()), rows.iter().any(|row| row.value.is_some()));
    let mut text = format!("what,{}", cell(&chart.x.label));
    let put = |text: &mut String, is_there: bool, what: &str| {
        if is_there {
            text.push(',');
            text.push_str(what);
        }
    };
    put(&mut text, ends, "to");
    put(&mut text, values, &cell(&chart.y.label));
    for row in rows.iter().take(ROWS_MAX) {
        let _ = write!(text, "\n{},{}", cell(row.layer), number(Some(row.from)));
        put(&mut text, ends, &number(row.to));
        put(&mut text, values, &number(row.value));
    }
    text.push('\n');
    text
}

/// A text for a spreadsheet: quoted where it must be, and never a formula.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = format!("{}{text}", if formula { "'" } else { "" });
    match text.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

/// As short as it can be, and exact enough for whoever computes with it.
fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| {
        let text = format!("{value:.6}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    })
}

fn rows(layer: &Layer) -> Vec<Row<'_>> {
    let name = layer.label.as_str();
    let row = |from, to, value| Row { layer: name, from, to, value };
    match &layer.marks {
        Marks::Columns(columns) | Marks::Hatched(columns) => columns
            .iter()
            .map(|column| row(column.from, Some(column.to), Some(column.top - column.base)))
            .collect(),
        Marks::Line(pieces) => {
            pieces.iter().flatten().map(|(x, y)| row(*x, None, Some(*y))).collect()
        }
        Marks::Flags(flags) => {
            flags.iter().map(|flag| row(flag.at, None, Some(flag.count as f64))).collect()
        }
        Marks::Bands(bands) => bands.iter().map(|(from, to)| row(*from, Some(*to), None)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_stays_one_cell_and_is_no_formula() {
        assert_eq!(cell("granted (1,759)"), "\"granted (1,759)\"");
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("a \"b\""), "\"a \"\"b\"\"\"");
        assert_eq!(
            (number(Some(1.25)), number(Some(3.0)), number(None)),
            ("1.25".to_owned(), "3".to_owned(), String::new())
        );
    }
}
