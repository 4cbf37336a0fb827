//! A scanner for the start tags of an HTML file that we wrote ourselves. It knows comments and the three ways to write
//! an attribute; it is no HTML parser.

/// A start tag and where it lies in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Byte range `start..end` of the whole tag, `<` and `>` included.
    pub start: usize,
    pub end: usize,
    pub name: String,
    attributes: Vec<(String, Option<String>)>,
}

impl Tag {
    /// Whether the attribute is there, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.attributes.iter().any(|(key, _)| key == name)
    }

    /// The attribute's value, if it has one.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .and_then(|(_, value)| value.as_deref())
    }
}

/// All start tags outside comments, in order.
pub fn scan(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(found) = html[at..].find('<') {
        let start = at + found;
        let rest = &html[start..];
        if rest.starts_with("<!--") {
            at = rest.find("-->").map_or(html.len(), |end| start + end + 3);
            continue;
        }
        at = start + 1;
        if !rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        if let Some(tag) = read_tag(html, start) {
            at = tag.end;
            tags.push(tag);
        }
    }
    tags
}

/// Reads the tag that starts at `start`; `None` if it never closes.
fn read_tag(html: &str, start: usize) -> Option<Tag> {
    let mut cursor = Cursor {
        text: html,
        at: start + 1,
    };
    let name = cursor.take_while(|c| c.is_ascii_alphanumeric() || c == '-');
    let mut attributes = Vec::new();
    loop {
        cursor.take_while(|c| c.is_whitespace() || c == '/');
        if cursor.eat('>') {
            return Some(Tag {
                start,
                end: cursor.at,
                name: name.to_ascii_lowercase(),
                attributes,
            });
        }
        let key = cursor.take_while(|c| !c.is_whitespace() && !matches!(c, '=' | '>' | '/'));
        cursor.take_while(char::is_whitespace);
        let value = if cursor.eat('=') {
            cursor.take_while(char::is_whitespace);
            Some(cursor.value()?.to_owned())
        } else if key.is_empty() {
            // The end of the text, in the middle of a tag.
            return None;
        } else {
            None
        };
        attributes.push((key.to_ascii_lowercase(), value));
    }
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let length = rest.find(|c| !keep(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.text[self.at..].starts_with(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    /// A value in double quotes, in single quotes or bare; `None` if its closing quote is missing.
    fn value(&mut self) -> Option<&'a str> {
        for quote in ['"', '\''] {
            if self.eat(quote) {
                let value = self.take_while(|c| c != quote);
                return self.eat(quote).then_some(value);
            }
        }
        Some(self.take_while(|c| !c.is_whitespace() && c != '>'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn comments_are_skipped_and_attributes_read() {
        let html = "<!-- <link a> --><LINK rel=rust data-x='1 > 0' B=\"c\" flag/> text < 3 </p><p>";
        let tags = scan(html);
        assert_eq!(tags.len(), 2);
        let link = &tags[0];
        assert_eq!(link.name, "link");
        assert_eq!(link.value("rel"), Some("rust"));
        assert_eq!(link.value("data-x"), Some("1 > 0"));
        assert_eq!(link.value("b"), Some("c"));
        assert!(link.has("flag") && link.value("flag").is_none());
        assert!(html[link.start..link.end].ends_with("/>"));
        assert_eq!(tags[1].name, "p");
    }

    proptest! {
        #[test]
        fn any_text_ends(html in "[<>a='\"!/ é-]{0,60}") {
            for tag in scan(&html) {
                prop_assert!(html[tag.start..tag.end].starts_with('<'));
                prop_assert!(html[tag.start..tag.end].ends_with('>'));
            }
        }
    }
}
