//! Rows as Parquet, for whoever reads many: the columns of `rows.csv` but for the checksum, with
//! their types, and what they mean in the file's own notes.

use super::columns::{self, Column, Holds};
use super::row::Row;
use leasehold_data::SweepManifest;
use parquet::basic::{ConvertedType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use std::io::{self, Write};
use std::sync::Arc;

/// How many rows are held before they are written.
const HELD: usize = 8_192;

/// A file that is being written.
pub(super) struct ParquetRows<W: Write + Send> {
    file: SerializedFileWriter<W>,
    columns: Vec<Column>,
    held: Vec<Row>,
}

impl<W: Write + Send> ParquetRows<W> {
    pub(super) fn new(out: W, manifest: &SweepManifest) -> io::Result<ParquetRows<W>> {
        if cfg!(target_endian = "big") {
            let why = "Parquet is written on little-endian machines only";
            return Err(io::Error::new(io::ErrorKind::Unsupported, why));
        }
        let mut columns = columns::of(manifest);
        columns.pop();
        let fields = columns.iter().map(field).collect::<Result<_, _>>().map_err(other)?;
        let root = Type::group_type_builder("row").with_fields(fields).build().map_err(other)?;
        let note = |name: &str, text: String| KeyValue::new(name.to_owned(), Some(text));
        let notes = vec![
            note("leasehold.schema", columns::schema(manifest).to_string()),
            note("leasehold.version", manifest.tool.clone()),
        ];
        let properties = WriterProperties::builder().set_key_value_metadata(Some(notes)).build();
        let file = SerializedFileWriter::new(out, Arc::new(root), Arc::new(properties));
        Ok(ParquetRows { file: file.map_err(other)?, columns, held: Vec::new() })
    }

    pub(super) fn add(&mut self, row: Row) -> io::Result<()> {
        self.held.push(row);
        if self.held.len() == HELD { self.flush().map_err(other) } else { Ok(()) }
    }

    /// Writes the rest, and the end.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.flush().map_err(other)?;
        self.file.close().map(|_| ()).map_err(other)
    }

    fn flush(&mut self) -> Result<(), ParquetError> {
        let rows = std::mem::take(&mut self.held);
        if rows.is_empty() {
            return Ok(());
        }
        let cells: Vec<Cells> = rows.iter().map(cells).collect();
        let mut group = self.file.next_row_group()?;
        for (nth, column) in self.columns.iter().enumerate() {
            let mut writer = group.next_column()?.expect("a column for each of the schema");
            match column.holds {
                Holds::Text => {
                    let texts: Vec<ByteArray> =
                        cells.iter().map(|cells| cells.text(nth).into()).collect();
                    writer.typed::<ByteArrayType>().write_batch(&texts, None, None)?;
                }
                Holds::Number => {
                    let numbers: Vec<i64> =
                        cells.iter().map(|cells| cells.number(nth).unwrap_or(0)).collect();
                    writer.typed::<Int64Type>().write_batch(&numbers, None, None)?;
                }
                Holds::Perhaps => {
                    let all = || cells.iter().map(|cells| cells.number(nth));
                    let there: Vec<i16> = all().map(|number| i16::from(number.is_some())).collect();
                    let numbers: Vec<i64> = all().flatten().collect();
                    writer.typed::<Int64Type>().write_batch(&numbers, Some(&there), None)?;
                }
            }
            writer.close()?;
        }
        group.close().map(|_| ())
    }
}

/// A row, cut as its columns are.
struct Cells(Vec<Cell>);

enum Cell {
    Text(String),
    Number(Option<u64>),
}

impl Cells {
    fn text(&self, nth: usize) -> &str {
        let Cell::Text(text) = &self.0[nth] else { unreachable!("its column holds texts") };
        text
    }

    fn number(&self, nth: usize) -> Option<i64> {
        let Cell::Number(number) = self.0[nth] else { unreachable!("its column holds numbers") };
        number.map(|number| i64::try_from(number).expect("rows have no larger ones"))
    }
}

fn cells(row: &Row) -> Cells {
    let text = |text: &str| Cell::Text(text.to_owned());
    let mut cells = vec![Cell::Number(Some(row.seed)), text(&row.setting)];
    cells.extend(row.point.iter().chain(&row.drawn).map(|value| text(value)));
    cells.extend([text(row.verdict.name()), text(&row.digest)]);
    cells.extend(row.numbers.iter().map(|number| Cell::Number(*number)));
    cells.extend([Cell::Text(row.named_classes()), Cell::Text(row.named_marks())]);
    Cells(cells)
}

fn field(column: &Column) -> Result<Arc<Type>, ParquetError> {
    let (physical, converted, repetition) = match column.holds {
        Holds::Text => (Physical::BYTE_ARRAY, ConvertedType::UTF8, Repetition::REQUIRED),
        Holds::Number => (Physical::INT64, ConvertedType::NONE, Repetition::REQUIRED),
        Holds::Perhaps => (Physical::INT64, ConvertedType::NONE, Repetition::OPTIONAL),
    };
    let built = Type::primitive_type_builder(&column.name, physical)
        .with_converted_type(converted)
        .with_repetition(repetition)
        .build()?;
    Ok(Arc::new(built))
}

fn other(why: ParquetError) -> io::Error {
    match why {
        ParquetError::External(why) => match why.downcast::<io::Error>() {
            Ok(why) => *why,
            Err(why) => io::Error::other(why),
        },
        why => io::Error::other(why),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{row, testing};
    use super::*;
    use leasehold_sim::{Scenario, Verdict};
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;
    use std::collections::BTreeMap;

    #[test]
    fn what_is_written_is_read_back_with_what_is_missing() {
        let manifest = testing::manifest(&Scenario::default());
        let row = |seed: u64| Row {
            seed,
            setting: "chronicle".to_owned(),
            point: Vec::new(),
            drawn: Vec::new(),
            verdict: Verdict::Holds,
            digest: "00ff".to_owned(),
            numbers: row::numbers()
                .map(|name| (name != "start_p50_us" || seed == 2).then_some(seed))
                .collect(),
            classes: BTreeMap::from([("a:b".to_owned(), 3)]),
            marks: BTreeMap::new(),
        };
        let file = std::env::temp_dir().join(format!("leasehold-{}.parquet", std::process::id()));
        let out = std::fs::File::create(&file).expect("there is room for a test");
        let mut rows = ParquetRows::new(out, &manifest).expect("a file");
        (1..=3).for_each(|seed| rows.add(row(seed)).expect("a row"));
        rows.finish().expect("an end");
        let read = std::fs::File::open(&file).expect("it is there");
        let reader = SerializedFileReader::new(read).expect("it is Parquet");
        let names: Vec<String> = columns::of(&manifest).into_iter().map(|one| one.name).collect();
        let at = |name: &str| names.iter().position(|known| known == name).expect("a column");
        let read: Vec<_> =
            reader.get_row_iter(None).expect("rows").map(|row| row.expect("it")).collect();
        assert_eq!(read.len(), 3);
        let start = |nth: usize| read[nth].get_long(at("start_p50_us")).ok();
        assert_eq!([0, 1, 2].map(start), [None, Some(2), None]);
        assert_eq!(read[2].get_long(at("events")).ok(), Some(3));
        assert_eq!(read[0].get_string(at("classes")).expect("a text"), "a:b=3");
        std::fs::remove_file(file).expect("it is there");
    }
}
