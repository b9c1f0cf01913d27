//! The numbers of a chart, as a table that can be had as a file.

use crate::chart::{Chart, Layer, Marks};
use maud::{Markup, html};

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
            div class="scroll" tabindex="0" role="region" aria-label={ "Numbers: " (chart.title) } {
                table data-csv={ (chart.slug) ".csv" } {
                    thead {
                        tr {
                            th scope="col" { "what" }
                            th scope="col" { (chart.x.label) }
                            th scope="col" { "to" }
                            th scope="col" { (chart.y.label) }
                        }
                    }
                    tbody {
                        @for row in rows.iter().take(ROWS_MAX) {
                            tr {
                                td { (row.layer) }
                                td class="number" { (number(Some(row.from))) }
                                td class="number" { (number(row.to)) }
                                td class="number" { (number(row.value)) }
                            }
                        }
                    }
                }
            }
        }
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
