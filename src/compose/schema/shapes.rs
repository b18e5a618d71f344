//! The shape table: which attributes exist, of which types. Written by hand after the Compose specification's schema; a test
//! holds it against the published one.
//!
//! Source: `schema/compose-spec.json` of compose-go (2026-07), draft 2020-12.

/// Types as bits.
pub(super) mod types {
    pub(in super::super) const NULL: u8 = 1;
    pub(in super::super) const BOOL: u8 = 2;
    /// Whole numbers only.
    pub(in super::super) const INT: u8 = 4;
    /// Any number.
    pub(in super::super) const NUMBER: u8 = 8;
    pub(in super::super) const STRING: u8 = 16;
    pub(in super::super) const LIST: u8 = 32;
    pub(in super::super) const MAPPING: u8 = 64;
    pub(in super::super) const ANY: u8 = 127;
}

use types::*;

/// What a value may be.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) types: u8,
    /// For a mapping.
    pub(super) object: Option<&'static Object>,
    /// For a list.
    pub(super) items: Option<&'static Shape>,
    pub(super) unique: bool,
    /// For a string: the only ones allowed.
    pub(super) values: &'static [&'static str],
    /// For a string: what it must contain.
    pub(super) pattern: Option<KeyPattern>,
    /// For a number.
    pub(super) range: Option<(i64, i64)>,
}

/// The patterns of the schema; none of them is anchored unless it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyPattern {
    /// `^[a-zA-Z0-9._-]+$`
    Name,
    /// `^[a-z]+$`
    Lower,
    /// `.+`
    Any,
    /// `[a-zA-Z0-9][a-zA-Z0-9_.-]+`
    ContainerName,
    /// `always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+`
    PullPolicy,
}

#[derive(Debug)]
pub(super) struct Object {
    pub(super) keys: &'static [(&'static str, &'static Shape)],
    /// Further keys that match the pattern.
    pub(super) named: Option<(KeyPattern, &'static Shape)>,
    /// `x-…` is allowed.
    pub(super) extensions: bool,
    /// Any further key is allowed.
    pub(super) open: bool,
    pub(super) required: &'static [&'static str],
}

const NOTHING: Shape =
    Shape { types: 0, object: None, items: None, unique: false, values: &[], pattern: None, range: None };

const fn of(types: u8) -> Shape {
    Shape { types, ..NOTHING }
}

const fn list(items: &'static Shape) -> Shape {
    Shape { types: LIST, items: Some(items), ..NOTHING }
}

const fn set(items: &'static Shape) -> Shape {
    Shape { types: LIST, items: Some(items), unique: true, ..NOTHING }
}

const fn one_of(values: &'static [&'static str]) -> Shape {
    Shape { types: STRING, values, ..NOTHING }
}

const fn object(object: &'static Object) -> Shape {
    Shape { types: MAPPING, object: Some(object), ..NOTHING }
}

/// A mapping, or one of further types.
const fn or(types: u8, object: &'static Object) -> Shape {
    Shape { types: MAPPING | types, object: Some(object), ..NOTHING }
}

const CLOSED: Object = Object { keys: &[], named: None, extensions: false, open: false, required: &[] };

/// Keys and extensions, nothing else.
const fn keys(keys: &'static [(&'static str, &'static Shape)]) -> Object {
    Object { keys, extensions: true, ..CLOSED }
}

const fn strict(keys: &'static [(&'static str, &'static Shape)]) -> Object {
    Object { keys, ..CLOSED }
}

const fn named(pattern: KeyPattern, shape: &'static Shape, open: bool) -> Object {
    Object { named: Some((pattern, shape)), open, ..CLOSED }
}

static ANYTHING: Shape = of(ANY);
static STR: Shape = of(STRING);
static FLAG: Shape = of(BOOL | STRING);
static BOOLEAN: Shape = of(BOOL);
static WHOLE: Shape = of(INT);
static WHOLE_OR_STR: Shape = of(INT | STRING);
static NUM: Shape = of(NUMBER);
static NUM_OR_STR: Shape = of(NUMBER | STRING);
static SCALAR: Shape = of(STRING | NUMBER | BOOL | NULL);
static SCALAR_NOT_NULL: Shape = of(STRING | NUMBER | BOOL);
static NUM_STR_NULL: Shape = of(STRING | NUMBER | NULL);
static STR_OR_NULL: Shape = of(STRING | NULL);

static STRINGS: Shape = list(&STR);
static STRING_SET: Shape = set(&STR);
static STRING_OR_SET: Shape = Shape { types: STRING | LIST, items: Some(&STR), unique: true, ..NOTHING };
static STRING_OR_STRINGS: Shape = Shape { types: STRING | LIST, items: Some(&STR), ..NOTHING };
static NUM_OR_STR_SET: Shape = set(&NUM_OR_STR);
static COMMAND: Shape = Shape { types: NULL | STRING | LIST, items: Some(&STR), ..NOTHING };
static LIST_OR_DICT: Shape = Shape {
    types: MAPPING | LIST,
    object: Some(&named(KeyPattern::Any, &SCALAR, false)),
    items: Some(&STR),
    unique: true,
    ..NOTHING
};
static HOST: Shape = Shape { types: STRING | LIST, items: Some(&STR), ..NOTHING };
static EXTRA_HOSTS: Shape = Shape {
    types: MAPPING | LIST,
    object: Some(&named(KeyPattern::Any, &HOST, false)),
    items: Some(&STR),
    unique: true,
    ..NOTHING
};
static OPTIONS: Shape = object(&named(KeyPattern::Any, &NUM_OR_STR, true));
static LOG_OPTIONS: Shape = object(&named(KeyPattern::Any, &NUM_STR_NULL, true));
static STRING_MAP: Shape = object(&named(KeyPattern::Any, &STR, false));
static FREE: Shape = object(&Object { open: true, ..CLOSED });

static ULIMIT: Shape = or(
    INT | STRING,
    &Object { required: &["soft", "hard"], ..keys(&[("hard", &WHOLE_OR_STR), ("soft", &WHOLE_OR_STR)]) },
);
static ULIMITS: Shape = object(&named(KeyPattern::Lower, &ULIMIT, true));

static GRANT: Shape =
    or(STRING, &keys(&[("source", &STR), ("target", &STR), ("uid", &STR), ("gid", &STR), ("mode", &NUM_OR_STR)]));
static GRANTS: Shape = list(&GRANT);

pub(super) static BUILD: Shape = or(
    STRING,
    &keys(&[
        ("context", &STR),
        ("dockerfile", &STR),
        ("dockerfile_inline", &STR),
        ("entitlements", &STRINGS),
        ("args", &LIST_OR_DICT),
        ("ssh", &LIST_OR_DICT),
        ("labels", &LIST_OR_DICT),
        ("cache_from", &STRINGS),
        ("cache_to", &STRINGS),
        ("no_cache", &FLAG),
        ("no_cache_filter", &STRING_OR_SET),
        ("additional_contexts", &LIST_OR_DICT),
        ("network", &STR),
        ("provenance", &FLAG),
        ("sbom", &FLAG),
        ("pull", &FLAG),
        ("target", &STR),
        ("shm_size", &WHOLE_OR_STR),
        ("extra_hosts", &EXTRA_HOSTS),
        ("isolation", &STR),
        ("privileged", &FLAG),
        ("secrets", &GRANTS),
        ("tags", &STRINGS),
        ("ulimits", &ULIMITS),
        ("platforms", &STRINGS),
    ]),
);

static BLKIO_LIMITS: Shape = list(&object(&strict(&[("path", &STR), ("rate", &WHOLE_OR_STR)])));
static BLKIO_WEIGHTS: Shape = list(&object(&strict(&[("path", &STR), ("weight", &WHOLE_OR_STR)])));
static BLKIO: Shape = object(&strict(&[
    ("device_read_bps", &BLKIO_LIMITS),
    ("device_read_iops", &BLKIO_LIMITS),
    ("device_write_bps", &BLKIO_LIMITS),
    ("device_write_iops", &BLKIO_LIMITS),
    ("weight", &WHOLE_OR_STR),
    ("weight_device", &BLKIO_WEIGHTS),
]));

static DEPENDENCY: Shape = object(&Object {
    required: &["condition"],
    ..keys(&[
        ("restart", &FLAG),
        ("required", &BOOLEAN),
        ("condition", &one_of(&["service_started", "service_healthy", "service_completed_successfully"])),
    ])
});
static DEPENDS_ON: Shape = Shape {
    types: LIST | MAPPING,
    object: Some(&named(KeyPattern::Name, &DEPENDENCY, false)),
    items: Some(&STR),
    unique: true,
    ..NOTHING
};

static DEVICE: Shape =
    or(STRING, &Object { required: &["source"], ..keys(&[("source", &STR), ("target", &STR), ("permissions", &STR)]) });

const REQUEST: &[(&str, &Shape)] = &[
    ("capabilities", &STRING_SET),
    ("count", &WHOLE_OR_STR),
    ("device_ids", &STRING_SET),
    ("driver", &STR),
    ("options", &LIST_OR_DICT),
];
static DEVICE_REQUESTS: Shape = list(&object(&Object { required: &["capabilities"], ..keys(REQUEST) }));
static GPUS: Shape = Shape {
    types: STRING | LIST,
    values: &["all"],
    items: Some(&object(&Object { open: true, ..strict(REQUEST) })),
    ..NOTHING
};

static HOOK_KEYS: Object = Object {
    required: &["command"],
    ..keys(&[
        ("command", &COMMAND),
        ("user", &STR),
        ("privileged", &FLAG),
        ("working_dir", &STR),
        ("environment", &LIST_OR_DICT),
    ])
};
static HOOK: Shape = object(&HOOK_KEYS);
static HOOKS: Shape = list(&HOOK);
static PRE_START: Shape = list(&object(&keys(&[
    ("command", &COMMAND),
    ("image", &STR),
    ("user", &STR),
    ("privileged", &FLAG),
    ("working_dir", &STR),
    ("environment", &LIST_OR_DICT),
    ("per_replica", &FLAG),
])));

pub(super) static HEALTHCHECK: Shape = object(&keys(&[
    ("disable", &FLAG),
    ("interval", &STR),
    ("retries", &NUM_OR_STR),
    ("test", &STRING_OR_STRINGS),
    ("timeout", &STR),
    ("start_period", &STR),
    ("start_interval", &STR),
]));

static WATCH: Shape = object(&Object {
    required: &["path", "action"],
    ..keys(&[
        ("ignore", &STRING_OR_SET),
        ("include", &STRING_OR_SET),
        ("path", &STR),
        ("action", &one_of(&["rebuild", "sync", "restart", "sync+restart", "sync+exec"])),
        ("target", &STR),
        ("exec", &HOOK),
        ("initial_sync", &BOOLEAN),
    ])
});
static DEVELOP: Shape = or(NULL, &keys(&[("watch", &list(&WATCH))]));

static UPDATE: Shape = object(&keys(&[
    ("parallelism", &WHOLE_OR_STR),
    ("delay", &STR),
    ("failure_action", &STR),
    ("monitor", &STR),
    ("max_failure_ratio", &NUM_OR_STR),
    ("order", &one_of(&["start-first", "stop-first"])),
]));
static GENERIC: Shape =
    list(&object(&keys(&[("discrete_resource_spec", &object(&keys(&[("kind", &STR), ("value", &NUM_OR_STR)])))])));
static RESOURCES: Shape = object(&keys(&[
    ("limits", &object(&keys(&[("cpus", &NUM_OR_STR), ("memory", &STR), ("pids", &WHOLE_OR_STR)]))),
    (
        "reservations",
        &object(&keys(&[
            ("cpus", &NUM_OR_STR),
            ("memory", &STR),
            ("generic_resources", &GENERIC),
            ("devices", &DEVICE_REQUESTS),
        ])),
    ),
]));
pub(super) static DEPLOY: Shape = or(
    NULL,
    &keys(&[
        ("mode", &STR),
        ("endpoint_mode", &STR),
        ("replicas", &WHOLE_OR_STR),
        ("labels", &LIST_OR_DICT),
        ("rollback_config", &UPDATE),
        ("update_config", &UPDATE),
        ("resources", &RESOURCES),
        (
            "restart_policy",
            &object(&keys(&[("condition", &STR), ("delay", &STR), ("max_attempts", &WHOLE_OR_STR), ("window", &STR)])),
        ),
        (
            "placement",
            &object(&keys(&[
                ("constraints", &STRINGS),
                ("preferences", &list(&object(&keys(&[("spread", &STR)])))),
                ("max_replicas_per_node", &WHOLE_OR_STR),
            ])),
        ),
    ]),
);

static ENV_FILE: Shape = Shape {
    types: STRING | LIST,
    items: Some(&or(
        STRING,
        &Object { required: &["path"], ..strict(&[("path", &STR), ("format", &STR), ("required", &FLAG)]) },
    )),
    ..NOTHING
};
static EXTENDS: Shape = or(STRING, &Object { required: &["service"], ..strict(&[("service", &STR), ("file", &STR)]) });
static PROVIDER: Shape = object(&Object {
    required: &["type"],
    ..keys(&[
        ("type", &STR),
        (
            "options",
            &object(&named(
                KeyPattern::Any,
                &Shape { types: STRING | NUMBER | BOOL | LIST, items: Some(&SCALAR_NOT_NULL), ..NOTHING },
                true,
            )),
        ),
    ])
});
static SERVICE_MODELS: Shape = Shape {
    types: LIST | MAPPING,
    object: Some(&named(KeyPattern::Name, &or(NULL, &keys(&[("endpoint_var", &STR), ("model_var", &STR)])), true)),
    items: Some(&STR),
    unique: true,
    ..NOTHING
};
static SERVICE_NETWORK: Shape = or(
    NULL,
    &keys(&[
        ("aliases", &STRING_SET),
        ("interface_name", &STR),
        ("ipv4_address", &STR),
        ("ipv6_address", &STR),
        ("link_local_ips", &STRING_SET),
        ("mac_address", &STR),
        ("driver_opts", &OPTIONS),
        ("priority", &NUM),
        ("gw_priority", &NUM),
    ]),
);
static SERVICE_NETWORKS: Shape = Shape {
    types: LIST | MAPPING,
    object: Some(&named(KeyPattern::Name, &SERVICE_NETWORK, false)),
    items: Some(&STR),
    unique: true,
    ..NOTHING
};
static PORTS: Shape = set(&or(
    NUMBER | STRING,
    &keys(&[
        ("name", &STR),
        ("mode", &STR),
        ("host_ip", &STR),
        ("target", &WHOLE_OR_STR),
        ("published", &WHOLE_OR_STR),
        ("protocol", &STR),
        ("app_protocol", &STR),
    ]),
));
static VOLUMES: Shape = set(&or(
    STRING,
    &Object {
        required: &["type"],
        ..keys(&[
            ("type", &one_of(&["bind", "volume", "tmpfs", "cluster", "npipe", "image"])),
            ("source", &STR),
            ("target", &STR),
            ("read_only", &FLAG),
            ("consistency", &STR),
            (
                "bind",
                &object(&keys(&[
                    ("propagation", &STR),
                    ("create_host_path", &FLAG),
                    ("recursive", &one_of(&["enabled", "disabled", "writable", "readonly"])),
                    ("selinux", &one_of(&["z", "Z"])),
                ])),
            ),
            ("volume", &object(&keys(&[("labels", &LIST_OR_DICT), ("nocopy", &FLAG), ("subpath", &STR)]))),
            (
                "tmpfs",
                &object(&keys(&[
                    ("size", &Shape { types: INT | STRING, range: Some((0, i64::MAX)), ..NOTHING }),
                    ("mode", &NUM_OR_STR),
                ])),
            ),
            ("image", &object(&keys(&[("subpath", &STR)]))),
        ])
    },
));

pub(super) static SERVICE: Shape = object(&keys(&[
    ("develop", &DEVELOP),
    ("deploy", &DEPLOY),
    ("annotations", &LIST_OR_DICT),
    ("attach", &FLAG),
    ("build", &BUILD),
    ("blkio_config", &BLKIO),
    ("cap_add", &STRING_SET),
    ("cap_drop", &STRING_SET),
    ("cgroup", &one_of(&["host", "private"])),
    ("cgroup_parent", &STR),
    ("command", &COMMAND),
    ("configs", &GRANTS),
    ("container_name", &Shape { types: STRING, pattern: Some(KeyPattern::ContainerName), ..NOTHING }),
    ("cpu_count", &Shape { types: STRING | INT, range: Some((0, i64::MAX)), ..NOTHING }),
    ("cpu_percent", &Shape { types: STRING | INT, range: Some((0, 100)), ..NOTHING }),
    ("cpu_shares", &NUM_OR_STR),
    ("cpu_quota", &NUM_OR_STR),
    ("cpu_period", &NUM_OR_STR),
    ("cpu_rt_period", &NUM_OR_STR),
    ("cpu_rt_runtime", &NUM_OR_STR),
    ("cpus", &NUM_OR_STR),
    ("cpuset", &STR),
    ("credential_spec", &object(&keys(&[("config", &STR), ("file", &STR), ("registry", &STR)]))),
    ("depends_on", &DEPENDS_ON),
    ("device_cgroup_rules", &STRING_SET),
    ("devices", &list(&DEVICE)),
    ("dns", &STRING_OR_SET),
    ("dns_opt", &STRING_SET),
    ("dns_search", &STRING_OR_SET),
    ("domainname", &STR),
    ("entrypoint", &COMMAND),
    ("env_file", &ENV_FILE),
    ("label_file", &STRING_OR_STRINGS),
    ("environment", &LIST_OR_DICT),
    ("expose", &NUM_OR_STR_SET),
    ("extends", &EXTENDS),
    ("provider", &PROVIDER),
    ("external_links", &STRING_SET),
    ("extra_hosts", &EXTRA_HOSTS),
    ("gpus", &GPUS),
    ("group_add", &NUM_OR_STR_SET),
    ("healthcheck", &HEALTHCHECK),
    ("hostname", &STR),
    ("image", &STR),
    ("init", &FLAG),
    ("ipc", &STR),
    ("isolation", &STR),
    ("labels", &LIST_OR_DICT),
    ("links", &STRING_SET),
    ("logging", &object(&keys(&[("driver", &STR), ("options", &LOG_OPTIONS)]))),
    ("mac_address", &STR),
    ("mem_limit", &NUM_OR_STR),
    ("mem_reservation", &WHOLE_OR_STR),
    ("mem_swappiness", &WHOLE_OR_STR),
    ("memswap_limit", &NUM_OR_STR),
    ("network_mode", &STR),
    ("models", &SERVICE_MODELS),
    ("networks", &SERVICE_NETWORKS),
    ("oom_kill_disable", &FLAG),
    ("oom_score_adj", &Shape { types: STRING | INT, range: Some((-1000, 1000)), ..NOTHING }),
    ("pid", &STR_OR_NULL),
    ("pids_limit", &NUM_OR_STR),
    ("platform", &STR),
    ("ports", &PORTS),
    ("pre_start", &PRE_START),
    ("post_start", &HOOKS),
    ("pre_stop", &HOOKS),
    ("privileged", &FLAG),
    ("profiles", &STRING_SET),
    ("pull_policy", &Shape { types: STRING, pattern: Some(KeyPattern::PullPolicy), ..NOTHING }),
    ("pull_refresh_after", &STR),
    ("read_only", &FLAG),
    ("restart", &STR),
    ("runtime", &STR),
    ("scale", &WHOLE_OR_STR),
    ("security_opt", &STRING_SET),
    ("shm_size", &NUM_OR_STR),
    ("secrets", &GRANTS),
    ("sysctls", &LIST_OR_DICT),
    ("stdin_open", &FLAG),
    ("stop_grace_period", &STR),
    ("stop_signal", &STR),
    ("storage_opt", &FREE),
    ("tmpfs", &STRING_OR_SET),
    ("tty", &FLAG),
    ("ulimits", &ULIMITS),
    ("use_api_socket", &BOOLEAN),
    ("user", &STR),
    ("uts", &STR),
    ("userns_mode", &STR),
    ("volumes", &VOLUMES),
    ("volumes_from", &STRING_SET),
    ("working_dir", &STR),
]));

static INCLUDE: Shape =
    or(STRING, &strict(&[("path", &STRING_OR_SET), ("env_file", &STRING_OR_SET), ("project_directory", &STR)]));

static EXTERNAL: Shape = or(BOOL | STRING, &keys(&[("name", &STR)]));
static EXTERNAL_OPEN: Shape = or(BOOL | STRING, &Object { open: true, ..strict(&[("name", &STR)]) });

static NETWORK: Shape = or(
    NULL,
    &keys(&[
        ("name", &STR),
        ("driver", &STR),
        ("driver_opts", &OPTIONS),
        (
            "ipam",
            &object(&keys(&[
                ("driver", &STR),
                (
                    "config",
                    &list(&object(&keys(&[
                        ("subnet", &STR),
                        ("ip_range", &STR),
                        ("gateway", &STR),
                        ("aux_addresses", &STRING_MAP),
                    ]))),
                ),
                ("options", &STRING_MAP),
            ])),
        ),
        ("external", &EXTERNAL),
        ("internal", &FLAG),
        ("enable_ipv4", &FLAG),
        ("enable_ipv6", &FLAG),
        ("attachable", &FLAG),
        ("labels", &LIST_OR_DICT),
    ]),
);
static VOLUME: Shape = or(
    NULL,
    &keys(&[
        ("name", &STR),
        ("driver", &STR),
        ("driver_opts", &OPTIONS),
        ("external", &EXTERNAL),
        ("labels", &LIST_OR_DICT),
    ]),
);
static SECRET: Shape = object(&keys(&[
    ("name", &STR),
    ("environment", &STR),
    ("file", &STR),
    ("external", &EXTERNAL_OPEN),
    ("labels", &LIST_OR_DICT),
    ("driver", &STR),
    ("driver_opts", &OPTIONS),
    ("template_driver", &STR),
]));
static CONFIG: Shape = object(&keys(&[
    ("name", &STR),
    ("content", &STR),
    ("environment", &STR),
    ("file", &STR),
    ("external", &EXTERNAL_OPEN),
    ("labels", &LIST_OR_DICT),
    ("template_driver", &STR),
]));
static MODEL: Shape = object(&Object {
    required: &["model"],
    ..keys(&[("name", &STR), ("model", &STR), ("context_size", &WHOLE), ("runtime_flags", &STRINGS)])
});

/// A whole compose file.
pub(super) static FILE: Shape = object(&keys(&[
    ("version", &STR),
    ("name", &STR),
    ("include", &list(&INCLUDE)),
    ("services", &object(&named(KeyPattern::Name, &SERVICE, false))),
    ("models", &object(&named(KeyPattern::Name, &MODEL, true))),
    ("networks", &object(&named(KeyPattern::Name, &NETWORK, true))),
    ("volumes", &object(&named(KeyPattern::Name, &VOLUME, false))),
    ("secrets", &object(&named(KeyPattern::Name, &SECRET, false))),
    ("configs", &object(&named(KeyPattern::Name, &CONFIG, false))),
]));

/// The shape of an extension.
pub(super) static EXTENSION: &Shape = &ANYTHING;

impl KeyPattern {
    pub(super) fn matches(self, text: &str) -> bool {
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        match self {
            KeyPattern::Name => !text.is_empty() && text.chars().all(name),
            KeyPattern::Lower => !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase()),
            KeyPattern::Any => text.chars().any(|c| c != '\n'),
            KeyPattern::ContainerName => {
                let chars: Vec<char> = text.chars().take(1024).collect();
                chars.windows(2).any(|w| w[0].is_ascii_alphanumeric() && name(w[1]))
            }
            KeyPattern::PullPolicy => {
                ["always", "never", "build", "if_not_present", "missing", "refresh", "daily", "weekly"]
                    .iter()
                    .any(|p| text.contains(p))
                    || text.match_indices("every_").any(|(i, m)| {
                        let rest = &text[i + m.len()..];
                        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                        digits > 0 && rest[digits..].starts_with(['w', 'd', 'h', 'm', 's'])
                    })
            }
        }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            KeyPattern::Name => "^[a-zA-Z0-9._-]+$",
            KeyPattern::Lower => "^[a-z]+$",
            KeyPattern::Any => ".+",
            KeyPattern::ContainerName => "[a-zA-Z0-9][a-zA-Z0-9_.-]+",
            KeyPattern::PullPolicy => {
                "always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+"
            }
        }
    }
}
