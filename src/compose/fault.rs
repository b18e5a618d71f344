//! What can be wrong with a project, as facts: places and values, no words. The rules put them into words.

use std::mem::{Discriminant, discriminant};

use super::cast::Caster;
use crate::diagnostic::{Confidence, Edit, Severity};
use crate::text::Span;

/// One fact about what is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub kind: FaultKind,
    /// The deciding place.
    pub span: Span,
    pub severity: Severity,
    pub confidence: Confidence,
    /// The services concerned, the first one first.
    pub services: Vec<String>,
    /// True if no active profile starts the first service.
    pub is_off: bool,
    /// The earlier value that a refused one displaces.
    pub displaced: Option<Span>,
    /// The edits that correct it, where the tree shows them.
    pub edits: Vec<Edit>,
}

/// What is wrong, one variant for each rule.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultKind {
    Yaml(YamlFault),
    DuplicateKey {
        key: String,
        first: Span,
    },
    Schema(SchemaFault),
    Undefined(UndefinedName),
    NoImageOrBuild,
    Cycle(Cycle),
    /// A dependency on a service that no active profile starts; the place of its `profiles`.
    InactiveProfile {
        target: String,
        profiles: Vec<String>,
        limited: Option<Span>,
    },
    Unset(UnsetFault),
    /// An image reference with a blank in it; all variables that are not set, nameless ones included.
    BlankImage {
        text: String,
        unset: Vec<String>,
        example: Option<String>,
    },
    /// A `$` that is not part of a variable.
    Interpolation {
        path: String,
    },
    /// A value that YAML reads as a number or a boolean, and that is printed otherwise than written.
    Number {
        place: String,
        change: NumberChange,
    },
    /// A password hash with its dollars read as variables.
    Dollar {
        path: String,
        variable: String,
    },
    Conflict(Conflict),
    EnvFile(EnvFileFault),
    /// A file that does not exist.
    MissingInclude {
        file: String,
    },
    /// The `version` key.
    Version,
}

#[derive(Clone, Debug, PartialEq)]
pub enum YamlFault {
    /// The parser's words.
    Syntax(String),
    Tab,
    TooDeep,
    UnknownAnchor(String),
    Encoding(&'static str),
    InvalidBytes,
    /// An alias inside the node that it names.
    AliasCycle,
    /// `<<` with something that is not a mapping.
    BadMerge,
    TooManyAliases,
    TooDeepAliases,
}

/// A value that Compose refuses at a path. Without the error where it may quote the value of a variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    pub path: String,
    pub error: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SchemaFault {
    /// A key that is not text, in the mapping at a path.
    NonStringKey {
        path: String,
        key: String,
    },
    Refused(Refused),
    /// Values of several files that do not join; the place of the earlier one.
    CannotJoin {
        error: String,
        other: Option<Span>,
    },
    BadCast {
        path: String,
        wanted: Caster,
    },
    /// `extends` without `service`.
    NoBaseNamed,
    /// A document that is not a mapping.
    NotAMapping,
    IncludeNotAList,
    IncludeItem,
    /// A file without a single attribute.
    Empty,
    /// A value of the wrong type.
    Type {
        path: String,
        wanted: Vec<ValueType>,
        got: Got,
        slip: Option<Slip>,
    },
    /// A value that is not among the allowed ones; the one that is meant.
    Value {
        path: String,
        allowed: &'static [&'static str],
        near: Option<&'static str>,
    },
    Pattern {
        path: String,
        pattern: &'static str,
    },
    Range {
        path: String,
        bound: Bound,
    },
    /// Two equal items of a list: their indexes and the place of the first.
    Twice {
        path: String,
        first: usize,
        second: usize,
        place: Span,
    },
    /// A mapping at a path, given by its steps, without a required attribute.
    Missing {
        path: String,
        steps: Vec<String>,
        required: &'static str,
    },
    UnknownKey {
        path: String,
        key: String,
        hint: KeyHint,
    },
    SecretWithoutSource {
        name: String,
    },
    /// A health test that does not begin with its kind.
    HealthTest,
    /// An entry of `develop.watch`, counted from 1, whose action needs a target.
    WatchTarget {
        entry: usize,
        action: String,
    },
    Negative {
        path: &'static str,
    },
}

/// A type of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    Mapping,
    List,
    Text,
    Number,
    Whole,
    Flag,
    Null,
}

impl ValueType {
    /// Its name in the JSON schema.
    pub fn json(self) -> &'static str {
        match self {
            ValueType::Mapping => "mapping",
            ValueType::List => "array",
            ValueType::Text => "string",
            ValueType::Number => "number",
            ValueType::Whole => "integer",
            ValueType::Flag => "boolean",
            ValueType::Null => "null",
        }
    }
}

/// The type of a value as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Got {
    Nothing,
    Flag(bool),
    Number,
    Text,
    Date,
    List,
    Mapping,
}

/// The limit that a number is beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    Least(i64),
    Most(i64),
}

/// A frequent mistake behind a value of the wrong type.
#[derive(Clone, Debug, PartialEq)]
pub enum Slip {
    /// `build:` without a value.
    EmptyBuild,
    EmptyService(String),
    EmptyValue,
    /// `services:` as a list.
    ListOfServices,
    /// A service that is one text.
    TextService(String),
    /// `- NAME: value` where `- NAME=value` is meant.
    PairInList,
    /// A list item with a colon and a space in it.
    ColonInItem,
    /// A text where a list belongs, for an attribute.
    TextForList(String),
    /// A number as a duration.
    NoUnit(String),
    /// A number as a size.
    NoSizeUnit,
    NumberForText,
    /// A boolean as `restart:`.
    RestartFlag,
    FlagForText,
    Date,
    /// `healthcheck:` as a list.
    ListAsHealthcheck,
    /// A list at the top level where names belong.
    ListOfResources,
    /// A service's list below a top-level name.
    ListInResource,
    /// `image: name: tag`.
    SpaceInImage,
}

/// Where a key that does not exist here belongs, or what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyHint {
    /// A service at the top level.
    ServiceAtTop,
    /// An attribute of a service at the top level.
    AttributeAtTop,
    OfBuild,
    OfDeploy,
    /// Of `deploy.resources`, in the service.
    OfResources,
    OfHealthcheck,
    /// A service inside another one.
    ServiceInService,
    OfResource,
    Gpu,
    ServiceName,
    /// An attribute of the service, indented too far.
    TooFar,
    /// Of `resources`, in `deploy`.
    OfDeployResources,
    Restart,
    DevicesUnderLimits,
    Near(&'static str),
    /// Neither; a name with `x-` would be allowed.
    Extension,
    Unknown,
}

#[derive(Clone, Debug, PartialEq)]
pub enum UndefinedName {
    /// A network, volume, config, secret or model; whether the edits declare it.
    Resource {
        section: &'static str,
        what: &'static str,
        name: String,
        hint: NameHint,
        declares: bool,
    },
    /// A network whose name begins with `x-`.
    ExtensionNetwork,
    Dependency {
        target: String,
        hint: NameHint,
    },
    /// The base of `extends`, and the file it should be in.
    Base {
        name: String,
        file: String,
        hint: NameHint,
    },
    /// A file to extend from without services.
    NoServices {
        file: String,
    },
    /// A service as an additional build context.
    Context {
        key: String,
        target: String,
        hint: NameHint,
    },
    ContextWithoutBuild {
        key: String,
        target: String,
    },
}

/// What a name that is not defined may mean.
#[derive(Clone, Debug, PartialEq)]
pub enum NameHint {
    Near(String),
    /// All names there are, few enough to list.
    Known(Vec<String>),
    None,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Cycle {
    /// Services that depend on each other, each with the place of its dependency.
    Depends(Vec<(String, Span)>),
    Extends(Vec<String>),
    Includes(Vec<String>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum UnsetFault {
    /// Not valid with its variables unset; the error is Compose's.
    Invalid { path: String, error: String },
    /// As `Invalid`, for the schema.
    Schema(Box<SchemaFault>),
    /// `${NAME:?}`
    Required { path: String, name: String },
    /// Used without a default: further places, and a template that lists it.
    Used { name: String, more: Vec<Span>, example: Option<String>, in_command: bool },
}

/// How the print of a number or boolean differs from what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberChange {
    TrailingZeros,
    /// Of a boolean.
    Capitals,
    Octal,
    Decimal,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Conflict {
    Refused(Refused),
    /// One container name of two services.
    ContainerName {
        name: String,
        service: String,
        other: String,
        place: Span,
    },
    /// A resource that an included file defines too.
    Included {
        section: &'static str,
        name: String,
        theirs: Span,
    },
    /// `dockerfile` besides `dockerfile_inline`.
    Dockerfile {
        file: Span,
    },
    /// `platform` that is not among `build.platforms`.
    Platform {
        wanted: String,
        platforms: Span,
    },
    /// `scale` and `deploy.replicas`.
    Replicas {
        other: Span,
    },
    /// A container name for several containers.
    Containers {
        attribute: &'static str,
        count: i64,
        number: Span,
    },
    /// A limit of the service and of `deploy`.
    Limit {
        own: &'static str,
        place: String,
        other: Span,
    },
    /// Two mounts with one target.
    Target {
        target: String,
        first: Span,
    },
    /// `network_mode` besides `networks`.
    NetworkMode {
        networks: Span,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub enum EnvFileFault {
    /// A template to copy from.
    Missing {
        file: String,
        example: Option<String>,
    },
    MissingLabels {
        file: String,
    },
    /// Of a service.
    Syntax {
        file: String,
        line: usize,
        error: String,
    },
    /// Of an include.
    IncludedSyntax {
        file: String,
        line: usize,
        error: String,
    },
}

impl Fault {
    fn new(kind: FaultKind, span: Span, severity: Severity, confidence: Confidence) -> Self {
        Fault {
            kind,
            span,
            severity,
            confidence,
            services: Vec::new(),
            is_off: false,
            displaced: None,
            edits: Vec::new(),
        }
    }

    pub(super) fn error(kind: FaultKind, span: Span) -> Self {
        Fault::new(kind, span, Severity::Error, Confidence::Certain)
    }

    pub(super) fn warning(kind: FaultKind, span: Span) -> Self {
        Fault::new(kind, span, Severity::Warning, Confidence::Likely)
    }

    pub(super) fn info(kind: FaultKind, span: Span) -> Self {
        Fault::new(kind, span, Severity::Info, Confidence::Possible)
    }

    /// Returns the first service that is concerned, or nothing.
    pub fn service_name(&self) -> &str {
        self.services.first().map_or("", String::as_str)
    }

    #[must_use]
    pub(super) fn certain(mut self) -> Self {
        self.confidence = Confidence::Certain;
        self
    }

    #[must_use]
    pub(super) fn service(mut self, name: impl Into<String>) -> Self {
        self.services.push(name.into());
        self
    }

    #[must_use]
    pub(super) fn insert(self, at: Span, text: impl Into<String>) -> Self {
        self.edit(at.start_point(), text)
    }

    #[must_use]
    pub(super) fn edit(mut self, span: Span, text: impl Into<String>) -> Self {
        self.edits.push(Edit { span, text: text.into() });
        self
    }

    /// The subject and the place: of two faults with the same key the first one is kept.
    pub(super) fn key(&self) -> (Discriminant<FaultKind>, Span) {
        (discriminant(&self.kind), self.span)
    }
}
