//! `dockcheck facts`: the tables of facts that the program carries.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::image::facts::tables::{FactTable, tables};
use crate::text::date::Day;

use super::args::{FactsArgs, GlobalArgs, TextOrJson};
use super::host::{Exit, Host, Stop};

/// Lists the tables with their age on the day that counts as today.
pub(crate) fn run(args: &FactsArgs, global: &GlobalArgs, host: &mut Host<'_>) -> Result<Exit, Stop> {
    let today = host.today(global);
    let text = match args.format {
        TextOrJson::Text => text(tables(), today),
        TextOrJson::Json => {
            let all: Vec<Value> = tables().iter().map(|table| json(table, today)).collect();
            let document = json!({ "schema_version": 1, "today": today.to_string(), "tables": all });
            serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
        }
    };
    host.stdout.write_all(text.as_bytes())?;
    Ok(Exit::Clean)
}

/// Returns the age of a table in days; `None` for a date in the future.
fn age(table: &FactTable, today: Day) -> Option<i64> {
    Some(today.days_since(Day::parse(&table.date)?)).filter(|days| *days >= 0)
}

fn json(table: &FactTable, today: Day) -> Value {
    let mut value = serde_json::to_value(table).unwrap_or_default();
    if let Value::Object(object) = &mut value {
        object.insert("age_days".to_owned(), json!(age(table, today)));
    }
    value
}

fn text(tables: &[FactTable], today: Day) -> String {
    let width = tables.iter().map(|table| table.table.len()).max().unwrap_or(0);
    let mut out = String::new();
    for table in tables {
        let age = match age(table, today) {
            None => String::new(),
            Some(0) => ", today".to_owned(),
            Some(1) => ", 1 day old".to_owned(),
            Some(days) => format!(", {days} days old"),
        };
        let rows = table.rows.to_string();
        let rows = if rows.ends_with(|c: char| c.is_ascii_digit()) { format!("{rows} rows") } else { rows };
        let _ = writeln!(out, "{:width$}  {}{age}, {rows}", table.table, table.date);
        for (name, value) in [("source", &table.source), ("certainty", &table.certainty), ("refresh", &table.refresh)] {
            let _ = writeln!(out, "{:width$}  {name}: {value}", "");
        }
    }
    out
}
