//! The numbers of a chart, as text that is a CSV file: values, wherever they are drawn.

use crate::chart::{Axis, Chart, Column, Layer, Marks, Scale};
use maud::{Markup, html};

/// More rows are left out, and it is said how many: the file of the rows has them.
const ROWS_MAX: usize = 2_000;

/// A row: what it belongs to, where, and how much.
struct Row<'c> {
    layer: &'c str,
    /// Where, or the name of the place.
    from: String,
    to: String,
    value: Value<'c>,
    /// What is written there.
    word: &'c str,
}

/// What stands under the vertical axis.
#[derive(Clone, Copy)]
enum Value<'c> {
    None,
    Number(f64),
    Between(f64, f64),
    Lane(&'c str),
}

pub(super) fn details(chart: &Chart) -> Markup {
    let rows: Vec<Row<'_>> = chart.layers.iter().flat_map(|layer| rows(chart, layer)).collect();
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

/// The rows as a CSV file; columns that none of them has anything for are left out.
fn csv(chart: &Chart, rows: &[Row<'_>]) -> String {
    let has_end = rows.iter().any(|row| !row.to.is_empty());
    let has_value = rows.iter().any(|row| !matches!(row.value, Value::None));
    let has_high = rows.iter().any(|row| matches!(row.value, Value::Between(..)));
    let has_word = rows.iter().any(|row| !row.word.is_empty());
    let is_there = [true, true, has_end, has_value, has_high, has_word];
    let line = |cells: [&str; 6]| {
        let cells = cells.iter().zip(is_there).filter(|(_, is_there)| *is_there);
        cells.map(|(text, _)| cell(text)).collect::<Vec<_>>().join(",") + "\n"
    };
    let up = if chart.y.label.is_empty() { "of" } else { &chart.y.label };
    let head = line(["what", &chart.x.label, "to", up, "upper end", "says"]);
    let rows = rows.iter().take(ROWS_MAX).map(|row| {
        let (value, high) = match row.value {
            Value::None => Default::default(),
            Value::Number(value) => (number(value), String::new()),
            Value::Between(low, high) => (number(low), number(high)),
            Value::Lane(name) => (name.to_owned(), String::new()),
        };
        line([row.layer, &row.from, &row.to, &value, &high, row.word])
    });
    std::iter::once(head).chain(rows).collect()
}

/// A text for a spreadsheet: quoted where it must be, and never a formula.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let formula = formula && text.parse::<f64>().is_err();
    let text = format!("{}{text}", if formula { "'" } else { "" });
    match text.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

/// As short as it can be, and exact enough for whoever computes with it.
fn number(value: f64) -> String {
    let places = if value != 0.0 && value.abs() < 0.1 { 9 } else { 6 };
    let text = format!("{value:.places$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The lane in which a position is.
fn lane(axis: &Axis, at: f64) -> &str {
    let away = |tick: &&crate::chart::Tick| (tick.at - at).abs();
    let nearest = axis.ticks.iter().min_by(|a, b| away(a).total_cmp(&away(b)));
    nearest.filter(|tick| away(tick) <= 0.5).map_or("", |tick| &tick.label)
}

/// What a layer is called; one without a name belongs to another one of its colour.
fn name<'c>(chart: &'c Chart, layer: &'c Layer) -> &'c str {
    let named = |other: &&Layer| !other.label.is_empty() && other.colour == layer.colour;
    match layer.label.is_empty() {
        false => &layer.label,
        true => chart.layers.iter().find(named).map_or("", |other| &other.label),
    }
}

fn rows<'c>(chart: &'c Chart, layer: &'c Layer) -> Vec<Row<'c>> {
    let name = name(chart, layer);
    let (across, up) = (chart.x.scale, chart.y.scale);
    let is_named = across == Scale::Names;
    let row = |from: f64, to: Option<f64>, value| {
        let middle = (from + to.unwrap_or(from)) / 2.0;
        let (from, to) = match is_named {
            true => (lane(&chart.x, middle).to_owned(), String::new()),
            false => {
                let to = to.map_or(String::new(), |to| number(across.value(to)));
                (number(across.value(from)), to)
            }
        };
        Row { layer: name, from, to, value, word: "" }
    };
    let said = |place: &Column| {
        let found = chart.words.iter().find(|word| word.place == *place);
        found.map_or("", |word| &word.text)
    };
    let point = |(x, y): &(f64, f64)| match chart.y.lanes {
        true => row(*x, None, Value::Lane(lane(&chart.y, *y))),
        false => row(*x, None, Value::Number(up.value(*y))),
    };
    let at = |place: &Column| match chart.y.lanes {
        true => Value::Lane(lane(&chart.y, (place.base + place.top) / 2.0)),
        // How high a column is, wherever in a stack it stands.
        false => Value::Number(place.top - place.base),
    };
    match &layer.marks {
        Marks::Columns(columns) | Marks::Hatched(columns) => columns
            .iter()
            .map(|column| {
                let row = row(column.from, Some(column.to), at(column));
                Row { word: said(column), ..row }
            })
            .collect(),
        Marks::Line(pieces) => pieces.iter().flatten().map(point).collect(),
        Marks::Dots(dots) => dots.iter().map(point).collect(),
        Marks::Area(pieces) => pieces
            .iter()
            .flatten()
            .map(|(x, low, high)| row(*x, None, Value::Between(up.value(*low), up.value(*high))))
            .collect(),
        Marks::Flags(flags) => {
            flags.iter().map(|flag| row(flag.at, None, Value::Number(flag.count as f64))).collect()
        }
        Marks::Bands(bands) => {
            bands.iter().map(|(from, to)| row(*from, Some(*to), Value::None)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_stays_one_cell_and_is_no_formula() {
        assert_eq!(cell("granted (1,759)"), "\"granted (1,759)\"");
        assert_eq!((cell("=1+1"), cell("-3.5")), ("'=1+1".to_owned(), "-3.5".to_owned()));
        assert_eq!(cell("a \"b\""), "\"a \"\"b\"\"\"");
        assert_eq!((number(1.25), number(3.0)), ("1.25".to_owned(), "3".to_owned()));
    }
}
