//! Several answers taken together.

use super::evidence::Presence;

impl Presence {
    /// Returns present if any answer is, unknown if one of the others is unknown, and absent if all are; `None` without an
    /// answer. Of several absent ones, the first that was removed gives the reason: that says more than that something was
    /// never there.
    pub fn any(answers: impl IntoIterator<Item = Presence>) -> Option<Presence> {
        let mut absent = None;
        let mut unknown = None;
        for answer in answers {
            match &answer {
                Presence::Present(_) => return Some(answer),
                Presence::Unknown(_) => unknown = unknown.or(Some(answer)),
                Presence::Absent(new) => match &absent {
                    None => absent = Some(answer),
                    Some(Presence::Absent(old)) if old.span.is_none() && new.span.is_some() => absent = Some(answer),
                    Some(_) => {}
                },
            }
        }
        unknown.or(absent)
    }
}
