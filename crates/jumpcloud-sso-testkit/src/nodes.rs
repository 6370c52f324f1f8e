/// Returns all nodes of a well-formed document in their order, read without `saml-xml`, whose tests compare
/// with it.
///
/// An element is its name and a `/` behind its content, character data is in quotes, with its references
/// resolved and its line ends normalised. Adjacent runs are one; what is outside of the root is left out.
#[must_use]
pub fn xml_nodes(xml: &str) -> Vec<String> {
    let mut walk = Walk::default();
    let mut rest = xml;
    while !rest.is_empty() {
        rest = walk.step(rest);
    }
    walk.nodes
}

#[derive(Default)]
struct Walk {
    nodes: Vec<String>,
    /// Character data that was read but is not complete yet.
    text: String,
    depth: usize,
}

impl Walk {
    /// Takes one token off the beginning, and gives what is left.
    fn step<'x>(&mut self, xml: &'x str) -> &'x str {
        if let Some(comment) = xml.strip_prefix("<!--") {
            return until(comment, "-->").1;
        }
        if let Some(declaration) = xml.strip_prefix("<?") {
            return until(declaration, "?>").1;
        }
        if let Some(section) = xml.strip_prefix("<![CDATA[") {
            let (text, rest) = until(section, "]]>");
            self.text += &line_ends(text);
            return rest;
        }
        if let Some(tag) = xml.strip_prefix("</") {
            self.end();
            return until(tag, ">").1;
        }
        if let Some(tag) = xml.strip_prefix('<') {
            let (tag, rest) = tag.split_at(tag_len(tag));
            self.flush();
            self.depth += 1;
            let is_end = |character: char| character.is_ascii_whitespace() || character == '/';
            self.nodes.push(tag.split(is_end).next().unwrap_or_default().to_owned());
            if tag.ends_with('/') {
                self.end();
            }
            return rest.strip_prefix('>').unwrap_or(rest);
        }
        let (text, rest) = xml.split_at(xml.find('<').unwrap_or(xml.len()));
        self.text += &resolved(&line_ends(text));
        rest
    }

    fn end(&mut self) {
        self.flush();
        self.depth = self.depth.saturating_sub(1);
        self.nodes.push("/".to_owned());
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        if self.depth > 0 && !text.is_empty() {
            self.nodes.push(format!("{text:?}"));
        }
    }
}

fn until<'x>(text: &'x str, end: &str) -> (&'x str, &'x str) {
    text.split_once(end).unwrap_or((text, ""))
}

/// How long a tag is, up to the `>` that is not within a quoted value.
fn tag_len(tag: &str) -> usize {
    let mut quote = None;
    let end = tag.bytes().position(|byte| {
        match quote {
            Some(open) if open == byte => quote = None,
            None if byte == b'"' || byte == b'\'' => quote = Some(byte),
            _ => {}
        }
        quote.is_none() && byte == b'>'
    });
    end.unwrap_or(tag.len())
}

/// XML 1.0 §2.11.
fn line_ends(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// XML 1.0 §4.1 and §4.6.
fn resolved(text: &str) -> String {
    let mut parts = text.split('&');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (reference, rest) = until(part, ";");
        let character = match reference {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => match (reference.strip_prefix("#x"), reference.strip_prefix('#')) {
                (Some(digits), _) => u32::from_str_radix(digits, 16).ok().and_then(char::from_u32),
                (None, Some(digits)) => digits.parse().ok().and_then(char::from_u32),
                (None, None) => None,
            },
        };
        whole.extend(character);
        whole += rest;
    }
    whole
}
