//! What the caller of a build gives to it.

use crate::dockerfile::image_ref::ImageRef;

use super::variables::VariableValue;

/// What the caller of a build gives, a compose service for instance.
#[derive(Clone, Copy, Debug, Default)]
pub struct BuildInputs<'a> {
    /// Build arguments; `None` is a value that is given but not known here.
    pub args: &'a [(String, Option<String>)],
    /// The stage to build; the last one if `None`.
    pub target: Option<&'a str>,
    /// Names of additional contexts.
    pub named_contexts: &'a [String],
    /// `os/arch` or `os/arch/variant`, where it is fixed.
    pub platform: Option<&'a str>,
}

impl BuildInputs<'_> {
    /// The caller's value of an argument. If it is given twice, the last value counts.
    pub fn argument(&self, name: &str) -> Option<VariableValue> {
        let (_, value) = self.args.iter().rev().find(|(given, _)| given == name)?;
        Some(VariableValue::new(value.clone()))
    }

    /// The additional context that replaces an image or stage of this name. Both are compared in their short form.
    pub fn named_context(&self, name: &str) -> Option<&str> {
        if self.named_contexts.is_empty()
            || name.eq_ignore_ascii_case("scratch")
            || name.eq_ignore_ascii_case("context")
        {
            return None;
        }
        let wanted = context_key(name);
        self.named_contexts
            .iter()
            .map(String::as_str)
            .find(|context| *context == name || context_key(context) == wanted)
    }
}

/// `docker.io/library/alpine:latest` and `alpine` are one name of a context.
fn context_key(name: &str) -> String {
    let Some(image) = ImageRef::parse(name) else { return name.to_owned() };
    let mut key = image.familiar();
    if let Some(tag) = image.tag.filter(|tag| *tag != "latest") {
        key.push(':');
        key.push_str(tag);
    }
    if let Some(digest) = image.digest {
        key.push('@');
        key.push_str(digest);
    }
    key
}
