//! The attributes of a project with their types, as Compose declares them.

/// A type with the way it prints.
#[derive(Clone, Copy)]
pub(in crate::compose) enum Type {
    Text,
    Flag,
    /// Printed even when false.
    OptionalFlag,
    Whole,
    OptionalWhole,
    Unsigned,
    OptionalUnsigned,
    /// 32 bits.
    Float,
    /// The processor share of `deploy`.
    Cpus,
    /// A size; printed as text.
    Bytes,
    Duration,
    OptionalDuration,
    Command,
    HealthTest,
    /// A string or a list of strings.
    Texts,
    /// A list of strings or numbers.
    Printed,
    /// A list of strings that is not given as one string.
    List,
    Variables,
    Mapping,
    Labels,
    Options,
    MultiOptions,
    /// A mapping of plain strings.
    TextMapping,
    Hosts,
    Ssh,
    DeviceCount,
    FileMode,
    Ulimits,
    /// A list of devices with a weight or a rate.
    Throttles,
    /// A struct that is always there.
    Struct(&'static [SchemaField]),
    OptionalStruct(&'static [SchemaField]),
    Structs(&'static [SchemaField]),
    /// A mapping from names to structs, where null stays null.
    Named(&'static [SchemaField]),
    /// A mapping from names to structs, where null is an empty struct.
    NamedStructs(&'static [SchemaField]),
}

/// An attribute and its type.
pub(in crate::compose) type SchemaField = (&'static str, Type);

use Type::*;

const BLKIO: &[SchemaField] = &[
    ("weight", Unsigned),
    ("weight_device", Throttles),
    ("device_read_bps", Throttles),
    ("device_read_iops", Throttles),
    ("device_write_bps", Throttles),
    ("device_write_iops", Throttles),
];

const FILE_REFERENCE: &[SchemaField] =
    &[("source", Text), ("target", Text), ("uid", Text), ("gid", Text), ("mode", FileMode)];

const BUILD: &[SchemaField] = &[
    ("context", Text),
    ("dockerfile", Text),
    ("dockerfile_inline", Text),
    ("entitlements", List),
    ("args", Variables),
    ("provenance", Text),
    ("sbom", Text),
    ("ssh", Ssh),
    ("labels", Labels),
    ("cache_from", Texts),
    ("cache_to", Texts),
    ("no_cache", Flag),
    ("no_cache_filter", Texts),
    ("additional_contexts", Mapping),
    ("pull", Flag),
    ("extra_hosts", Hosts),
    ("isolation", Text),
    ("network", Text),
    ("target", Text),
    ("secrets", Structs(FILE_REFERENCE)),
    ("shm_size", Bytes),
    ("tags", Texts),
    ("ulimits", Ulimits),
    ("platforms", Texts),
    ("privileged", Flag),
];

const HOOK: &[SchemaField] =
    &[("command", Command), ("user", Text), ("privileged", Flag), ("working_dir", Text), ("environment", Variables)];

const PRE_START: &[SchemaField] = &[
    ("command", Command),
    ("image", Text),
    ("user", Text),
    ("privileged", Flag),
    ("working_dir", Text),
    ("environment", Variables),
    ("per_replica", Flag),
];

const WATCH: &[SchemaField] = &[
    ("path", Text),
    ("action", Text),
    ("target", Text),
    ("exec", Struct(HOOK)),
    ("include", Texts),
    ("ignore", Texts),
    ("initial_sync", Flag),
];

const UPDATE: &[SchemaField] = &[
    ("parallelism", OptionalUnsigned),
    ("delay", Duration),
    ("failure_action", Text),
    ("monitor", Duration),
    ("max_failure_ratio", Float),
    ("order", Text),
];

const DEVICE_REQUEST: &[SchemaField] =
    &[("capabilities", List), ("driver", Text), ("count", DeviceCount), ("device_ids", List), ("options", Mapping)];

const RESOURCE: &[SchemaField] = &[
    ("cpus", Cpus),
    ("memory", Bytes),
    ("pids", Whole),
    ("devices", Structs(DEVICE_REQUEST)),
    ("generic_resources", Structs(GENERIC)),
];

const GENERIC: &[SchemaField] = &[("discrete_resource_spec", OptionalStruct(DISCRETE))];
const DISCRETE: &[SchemaField] = &[("kind", Text), ("value", Whole)];

const DEPLOY: &[SchemaField] = &[
    ("mode", Text),
    ("replicas", OptionalWhole),
    ("labels", Labels),
    ("update_config", OptionalStruct(UPDATE)),
    ("rollback_config", OptionalStruct(UPDATE)),
    ("resources", Struct(&[("limits", OptionalStruct(RESOURCE)), ("reservations", OptionalStruct(RESOURCE))])),
    (
        "restart_policy",
        OptionalStruct(&[
            ("condition", Text),
            ("delay", OptionalDuration),
            ("max_attempts", OptionalUnsigned),
            ("window", OptionalDuration),
        ]),
    ),
    (
        "placement",
        Struct(&[
            ("constraints", List),
            ("preferences", Structs(&[("spread", Text)])),
            ("max_replicas_per_node", Unsigned),
        ]),
    ),
    ("endpoint_mode", Text),
];

const VOLUME: &[SchemaField] = &[
    ("type", Text),
    ("source", Text),
    ("target", Text),
    ("read_only", Flag),
    ("consistency", Text),
    (
        "bind",
        OptionalStruct(&[("selinux", Text), ("propagation", Text), ("create_host_path", Flag), ("recursive", Text)]),
    ),
    ("volume", OptionalStruct(&[("labels", Mapping), ("nocopy", Flag), ("subpath", Text)])),
    ("tmpfs", OptionalStruct(&[("size", Bytes), ("mode", Unsigned)])),
    ("image", OptionalStruct(&[("subpath", Text)])),
];

const PORT: &[SchemaField] = &[
    ("name", Text),
    ("mode", Text),
    ("host_ip", Text),
    ("target", Unsigned),
    ("published", Text),
    ("protocol", Text),
    ("app_protocol", Text),
];

const SERVICE_NETWORK: &[SchemaField] = &[
    ("aliases", List),
    ("driver_opts", Options),
    ("gw_priority", Whole),
    ("interface_name", Text),
    ("ipv4_address", Text),
    ("ipv6_address", Text),
    ("link_local_ips", List),
    ("mac_address", Text),
    ("priority", Whole),
];

const HEALTHCHECK: &[SchemaField] = &[
    ("test", HealthTest),
    ("timeout", OptionalDuration),
    ("interval", OptionalDuration),
    ("retries", OptionalUnsigned),
    ("start_period", OptionalDuration),
    ("start_interval", OptionalDuration),
    ("disable", Flag),
];

pub(in crate::compose) const SERVICE: &[SchemaField] = &[
    ("profiles", List),
    ("annotations", Mapping),
    ("attach", OptionalFlag),
    ("build", OptionalStruct(BUILD)),
    ("develop", OptionalStruct(&[("watch", Structs(WATCH))])),
    ("blkio_config", OptionalStruct(BLKIO)),
    ("cap_add", List),
    ("cap_drop", List),
    ("cgroup_parent", Text),
    ("cgroup", Text),
    ("cpu_count", Whole),
    ("cpu_percent", Float),
    ("cpu_period", Whole),
    ("cpu_quota", Whole),
    ("cpu_rt_period", Whole),
    ("cpu_rt_runtime", Whole),
    ("cpus", Float),
    ("cpuset", Text),
    ("cpu_shares", Whole),
    ("command", Command),
    ("configs", Structs(FILE_REFERENCE)),
    ("container_name", Text),
    ("credential_spec", OptionalStruct(&[("config", Text), ("file", Text), ("registry", Text)])),
    ("depends_on", NamedStructs(&[("condition", Text), ("restart", Flag), ("required", REQUIRED)])),
    ("deploy", OptionalStruct(DEPLOY)),
    ("device_cgroup_rules", List),
    ("devices", Structs(&[("source", Text), ("target", Text), ("permissions", Text)])),
    ("dns", Texts),
    ("dns_opt", List),
    ("dns_search", Texts),
    ("dockerfile", Text),
    ("domainname", Text),
    ("entrypoint", Command),
    ("provider", OptionalStruct(&[("type", Text), ("options", MultiOptions)])),
    ("environment", Variables),
    ("expose", Printed),
    ("extends", OptionalStruct(&[("file", Text), ("service", Text)])),
    ("external_links", List),
    ("extra_hosts", Hosts),
    ("group_add", List),
    ("gpus", Structs(DEVICE_REQUEST)),
    ("hostname", Text),
    ("healthcheck", OptionalStruct(HEALTHCHECK)),
    ("image", Text),
    ("init", OptionalFlag),
    ("ipc", Text),
    ("isolation", Text),
    ("labels", Labels),
    ("links", List),
    ("logging", OptionalStruct(&[("driver", Text), ("options", Options)])),
    ("log_driver", Text),
    ("log_opt", TextMapping),
    ("mem_limit", Bytes),
    ("mem_reservation", Bytes),
    ("memswap_limit", Bytes),
    ("mem_swappiness", Bytes),
    ("mac_address", Text),
    ("models", Named(&[("endpoint_var", Text), ("model_var", Text)])),
    ("net", Text),
    ("network_mode", Text),
    ("networks", Named(SERVICE_NETWORK)),
    ("oom_kill_disable", Flag),
    ("oom_score_adj", Whole),
    ("pid", Text),
    ("pids_limit", Whole),
    ("platform", Text),
    ("ports", Structs(PORT)),
    ("privileged", Flag),
    ("pull_policy", Text),
    ("read_only", Flag),
    ("restart", Text),
    ("runtime", Text),
    ("scale", OptionalWhole),
    ("secrets", Structs(FILE_REFERENCE)),
    ("security_opt", List),
    ("shm_size", Bytes),
    ("stdin_open", Flag),
    ("stop_grace_period", OptionalDuration),
    ("stop_signal", Text),
    ("storage_opt", TextMapping),
    ("sysctls", Mapping),
    ("tmpfs", Texts),
    ("tty", Flag),
    ("ulimits", Ulimits),
    ("use_api_socket", Flag),
    ("user", Text),
    ("userns_mode", Text),
    ("uts", Text),
    ("volume_driver", Text),
    ("volumes", Structs(VOLUME)),
    ("volumes_from", List),
    ("working_dir", Text),
    ("pre_start", Structs(PRE_START)),
    ("post_start", Structs(HOOK)),
    ("pre_stop", Structs(HOOK)),
];

/// Printed always: a dependency without it is not required.
const REQUIRED: Type = Type::OptionalFlag;

pub(in crate::compose) const NETWORK: &[SchemaField] = &[
    ("name", Text),
    ("driver", Text),
    ("driver_opts", Options),
    (
        "ipam",
        Struct(&[
            ("driver", Text),
            ("config", Structs(&[("subnet", Text), ("gateway", Text), ("ip_range", Text), ("aux_addresses", Mapping)])),
        ]),
    ),
    ("external", Flag),
    ("internal", Flag),
    ("attachable", Flag),
    ("labels", Labels),
    ("enable_ipv4", OptionalFlag),
    ("enable_ipv6", OptionalFlag),
];

pub(in crate::compose) const VOLUME_RESOURCE: &[SchemaField] =
    &[("name", Text), ("driver", Text), ("driver_opts", Options), ("external", Flag), ("labels", Labels)];

pub(in crate::compose) const FILE_OBJECT: &[SchemaField] = &[
    ("name", Text),
    ("file", Text),
    ("environment", Text),
    ("content", Text),
    ("external", Flag),
    ("labels", Labels),
    ("driver", Text),
    ("driver_opts", TextMapping),
    ("template_driver", Text),
];
