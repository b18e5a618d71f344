//! Attributes whose interpolated text becomes a number or a boolean.

use super::model::ValueKind;
use super::path::Path;

/// The type that a text becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caster {
    Int,
    Float,
    /// Rounded to 32 bits.
    Float32,
    Bool,
}

/// Source: compose-go, `loader/interpolate.go`.
pub(super) fn caster(path: &Path<'_>) -> Option<Caster> {
    let parts = path.parts();
    let caster = match parts.get() {
        ["services", _, key] => match *key {
            "cpu_count" | "cpu_period" | "cpu_quota" | "cpu_rt_period" | "cpu_rt_runtime" | "cpu_shares"
            | "oom_score_adj" | "pids_limit" | "scale" => Caster::Int,
            "cpu_percent" => Caster::Float,
            "cpus" => Caster::Float32,
            "init" | "oom_kill_disable" | "privileged" | "read_only" | "stdin_open" | "tty" => Caster::Bool,
            _ => return None,
        },
        ["services", _, "depends_on", _, "required" | "restart"] => Caster::Bool,
        ["services", _, "deploy", "replicas"]
        | ["services", _, "deploy", "update_config" | "rollback_config", "parallelism"]
        | ["services", _, "deploy", "restart_policy", "max_attempts"]
        | ["services", _, "deploy", "placement", "max_replicas_per_node"]
        | ["services", _, "healthcheck", "retries"]
        | ["services", _, "ports", "[]", "target"]
        | ["services", _, "ulimits", _]
        | ["services", _, "ulimits", _, "hard" | "soft"] => Caster::Int,
        ["services", _, "deploy", "update_config" | "rollback_config", "max_failure_ratio"] => Caster::Float,
        ["services", _, "healthcheck", "disable"]
        | ["services", _, "volumes", "[]", "read_only"]
        | ["services", _, "volumes", "[]", "volume", "nocopy"]
        | ["networks", _, "external" | "internal" | "attachable" | "enable_ipv4" | "enable_ipv6"]
        | ["volumes" | "secrets" | "configs", _, "external"] => Caster::Bool,
        _ => return None,
    };
    Some(caster)
}

/// The value of a text; the error is Go's.
pub(super) fn apply(caster: Caster, text: &str) -> Result<ValueKind, String> {
    match caster {
        Caster::Int => {
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            let number = if digits.bytes().all(|b| b.is_ascii_digit()) { text.parse::<i64>().ok() } else { None };
            number.map(ValueKind::Int).ok_or_else(|| format!("strconv.ParseInt: parsing {text:?}: invalid syntax"))
        }
        Caster::Float => float(text).map(ValueKind::Float),
        Caster::Float32 => float(text).map(|f| ValueKind::Float(widen(f as f32))),
        Caster::Bool => match text.to_lowercase().as_str() {
            "true" | "y" | "yes" | "on" => Ok(ValueKind::Bool(true)),
            "false" | "n" | "no" | "off" => Ok(ValueKind::Bool(false)),
            _ => Err(format!("invalid boolean: {text}")),
        },
    }
}

/// The value that counts as not given.
pub(super) fn blank(caster: Caster) -> ValueKind {
    match caster {
        Caster::Int => ValueKind::Int(0),
        Caster::Float | Caster::Float32 => ValueKind::Float(0.0),
        Caster::Bool => ValueKind::Bool(false),
    }
}

fn float(text: &str) -> Result<f64, String> {
    text.parse::<f64>().map_err(|_| format!("strconv.ParseFloat: parsing {text:?}: invalid syntax"))
}

/// The shortest decimal of a 32-bit number, as 64 bits.
pub(super) fn widen(f: f32) -> f64 {
    f.to_string().parse().unwrap_or(f64::from(f))
}
