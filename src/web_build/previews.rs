//! Link previews. Programs that show what a link leads to run no script, and want whole addresses: so the site's address must
//! be known, and each preset gets a small page of its own, which sends people on to the page itself.

use std::path::Path;

use optimal_eye_surgeon::catalogue::{Catalogue, Made, Preset, Sample};

use super::error::{Error, file};

/// Of the pictures that `scripts/make-previews.mjs` makes.
const SIZE: (u32, u32) = (1200, 630);
/// The folder of the presets' pages, in the built folder.
const PAGES: &str = "m";
const NAME: &str = "Optimal Eye Surgeon";
const CATALOGUE: &str = "static/catalogue.json";

/// The address below which the folder will lie; it ends with a slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site(String);

impl Site {
    /// # Errors
    /// [`Error::Usage`] if it is no address of a folder on the web.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let rest = text.strip_prefix("https://").or(text.strip_prefix("http://"));
        let host = rest.and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~%:/[]".contains(c);
        if host.is_empty() || !text.chars().all(plain) {
            return Err(Error::Usage(format!(
                "--site takes the folder's address, such as https://example.org/oes/, not `{text}`"
            )));
        }
        let slash = if text.ends_with('/') { "" } else { "/" };
        Ok(Self(format!("{text}{slash}")))
    }
}

/// What the document's head gets: where it lies, and its picture.
pub fn head(site: &Site, catalogue: &Catalogue) -> String {
    let Site(address) = site;
    let mut head = format!(
        "\n    <link rel=\"canonical\" href=\"{address}\">\n    <meta property=\"og:url\" content=\"{address}\">"
    );
    if let Some(preset) = catalogue.presets.first() {
        head.push_str(&picture(site, preset, catalogue));
    }
    head
}

/// The catalogue of the project at `root`.
///
/// # Errors
/// [`Error::File`] if it cannot be read, [`Error::Catalogue`] if it is none.
pub fn catalogue(root: &Path) -> Result<Catalogue, Error> {
    let path = root.join(CATALOGUE);
    let text = std::fs::read_to_string(&path).map_err(file("read", &path))?;
    Ok(Catalogue::parse(&text)?)
}

/// Writes a page for each preset into `folder`, which holds the pictures already.
///
/// # Errors
/// [`Error::File`] if a picture is missing or a page cannot be written.
pub fn write(site: &Site, catalogue: &Catalogue, folder: &Path) -> Result<(), Error> {
    let pages = folder.join(PAGES);
    std::fs::create_dir_all(&pages).map_err(file("create the folder", &pages))?;
    for preset in &catalogue.presets {
        let shown = folder.join(picture_file(preset));
        std::fs::metadata(&shown).map_err(file("find the preview's picture", &shown))?;
        let path = pages.join(format!("{}.html", preset.id));
        let html = page(site, preset, catalogue);
        std::fs::write(&path, html).map_err(file("write", &path))?;
    }
    Ok(())
}

/// A picture that the preset has not seen: that a mask serves another one is the point.
fn unseen<'a>(preset: &Preset, catalogue: &'a Catalogue) -> Option<&'a Sample> {
    catalogue.samples.iter().find(|sample| !preset.has_seen(&sample.id))
}

/// The titles of the samples that a preset was made with.
fn made_on(preset: &Preset, catalogue: &Catalogue) -> String {
    let seen = preset.made_on.iter().filter_map(|id| catalogue.sample(id));
    let titles: Vec<String> = seen.map(|sample| format!("“{}”", sample.title)).collect();
    titles.join(" and ")
}

fn picture_file(preset: &Preset) -> String {
    format!("static/previews/{}.jpg", preset.id)
}

/// The tags of a preset's picture.
fn picture(Site(address): &Site, preset: &Preset, catalogue: &Catalogue) -> String {
    let source = escape(&picture_file(preset));
    let share = percent(preset.keep);
    let words = match preset.made {
        Made::Learned => format!(
            "{}, and what a random network draws of it with {share} of its weights, none of them trained",
            made_on(preset, catalogue)
        ),
        Made::Searched => format!("A noisy picture, and what a network restores of it with {share} of its weights"),
    };
    let words = escape(&words);
    let (width, height) = SIZE;
    format!(
        "
    <meta property=\"og:image\" content=\"{address}{source}\">
    <meta property=\"og:image:width\" content=\"{width}\">
    <meta property=\"og:image:height\" content=\"{height}\">
    <meta property=\"og:image:alt\" content=\"{words}\">
    <meta name=\"twitter:card\" content=\"summary_large_image\">"
    )
}

/// The page of a preset: what a preview shows, and the way on, for people with and without patience.
fn page(site: &Site, preset: &Preset, catalogue: &Catalogue) -> String {
    let Site(address) = site;
    let id = escape(&preset.id);
    let title = escape(&format!("{} · {NAME}", preset.title));
    let made = match preset.made {
        Made::Learned => "learned on the picture",
        Made::Searched => "as many in each layer as a search found best for fits of the pictures",
    };
    let words = escape(&format!(
        "A mask that keeps {} of a random network's weights, {made} {}. Denoise another one with it, on your own GPU: \
         nothing leaves your computer.",
        percent(preset.keep),
        made_on(preset, catalogue),
    ));
    let other = unseen(preset, catalogue).map_or_else(String::new, |other| format!("sample={}&", other.id));
    let target = escape(&format!("../?v=1&{other}mask={}", preset.id));
    let source = escape(&picture_file(preset));
    let picture = picture(site, preset, catalogue);
    let (width, height) = SIZE;
    format!(
        "<!doctype html>
<html lang=\"en\">
  <head>
    <meta charset=\"utf-8\">
    <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src 'self'; base-uri 'none'; form-action 'none'\">
    <meta http-equiv=\"refresh\" content=\"0; url={target}\">
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
    <link rel=\"icon\" href=\"../static/icons/icon.svg\">
    <title>{title}</title>
    <meta name=\"description\" content=\"{words}\">
    <link rel=\"canonical\" href=\"{address}{PAGES}/{id}.html\">
    <meta property=\"og:type\" content=\"website\">
    <meta property=\"og:site_name\" content=\"{NAME}\">
    <meta property=\"og:title\" content=\"{title}\">
    <meta property=\"og:description\" content=\"{words}\">
    <meta property=\"og:url\" content=\"{address}{PAGES}/{id}.html\">{picture}
  </head>
  <body>
    <h1>{title}</h1>
    <p>{words}</p>
    <p><a href=\"{target}\">Open it</a></p>
    <p><img src=\"../{source}\" alt=\"\" width=\"{width}\" height=\"{height}\"></p>
  </body>
</html>
"
    )
}

/// A fraction as people read it.
fn percent(fraction: f64) -> String {
    format!("{} %", (1000.0 * fraction).round() / 10.0)
}

/// Text for HTML, between tags or in a quoted attribute.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::tags;
    use super::*;

    const SITE: &str = "https://example.org/oes/";

    fn site() -> Site {
        Site::parse("https://example.org/oes").expect("an address")
    }

    /// The content of the `<meta>` tag of this property or name.
    fn content<'a>(tags: &'a [tags::Tag], key: &str) -> Option<&'a str> {
        let named = |tag: &&tags::Tag| [tag.value("property"), tag.value("name")].contains(&Some(key));
        tags.iter().find(named)?.value("content")
    }

    #[test]
    fn sites_are_folders_on_the_web() {
        assert_eq!(site(), Site(SITE.to_owned()));
        assert_eq!(Site::parse(SITE).expect("an address"), site());
        Site::parse("http://localhost:8080").expect("an address");
        for text in [
            "",
            "example.org",
            "https://",
            "ftp://a/",
            "https://a/?x=1",
            "https://a/#b",
            "https://a/\"",
            "https://a b/",
        ] {
            assert!(matches!(Site::parse(text), Err(Error::Usage(_))), "{text}");
        }
    }

    #[test]
    fn each_preset_has_a_page_with_its_picture_and_the_way_on() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let catalogue = catalogue(root).expect("the project's");
        let folder = tempfile::tempdir().expect("a folder");
        let previews = folder.path().join("static/previews");
        std::fs::create_dir_all(&previews).expect("created");
        let missing = write(&site(), &catalogue, folder.path())
            .expect_err("no pictures yet")
            .to_string();
        assert!(missing.contains("preview's picture"), "{missing}");
        for preset in &catalogue.presets {
            let file = picture_file(preset);
            assert!(root.join(&file).is_file(), "{file}: run scripts/make-previews.mjs");
            std::fs::copy(root.join(&file), folder.path().join(&file)).expect("copied");
        }
        write(&site(), &catalogue, folder.path()).expect("written");
        for preset in &catalogue.presets {
            let html = std::fs::read_to_string(folder.path().join(format!("m/{}.html", preset.id))).expect("read");
            let tags = tags::scan(&html);
            let own = format!("{SITE}m/{}.html", preset.id);
            assert_eq!(content(&tags, "og:url"), Some(own.as_str()));
            let canonical = tags.iter().find(|tag| tag.value("rel") == Some("canonical"));
            assert_eq!(canonical.and_then(|tag| tag.value("href")), Some(own.as_str()));
            let image = content(&tags, "og:image").expect("an image");
            let image = image.strip_prefix(SITE).expect("below the site");
            assert!(folder.path().join(image).is_file(), "{image}");
            assert!(content(&tags, "og:title").is_some_and(|title| title.contains(&preset.title)));
            assert!(content(&tags, "og:description").is_some_and(|words| words.contains("5 %")));
            let link = tags
                .iter()
                .find(|tag| tag.name == "a")
                .and_then(|tag| tag.value("href"));
            let link = link.expect("a link").to_owned();
            assert!(
                link.starts_with("../?v=1&") && link.ends_with(&format!("mask={}", preset.id)),
                "{link}"
            );
            // Without one a browser asks the host for a favicon.ico, which is another's above a sub-path.
            let icon = tags.iter().find(|tag| tag.value("rel") == Some("icon"));
            let icon = icon.and_then(|tag| tag.value("href")).expect("an icon");
            let icon = icon.strip_prefix("../").expect("in the site");
            assert!(root.join(icon).is_file(), "{icon}");
            let refresh = tags.iter().find(|tag| tag.value("http-equiv") == Some("refresh"));
            assert_eq!(
                refresh.and_then(|tag| tag.value("content")),
                Some(format!("0; url={link}").as_str())
            );
            assert!(
                !html.contains("<script") && !html.contains("style="),
                "the policy allows neither"
            );
        }
    }

    #[test]
    fn the_document_says_where_it_lies() {
        let catalogue = catalogue(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("the project's");
        let head = head(&site(), &catalogue);
        let tags = tags::scan(&head);
        assert_eq!(content(&tags, "og:url"), Some(SITE));
        assert!(content(&tags, "og:image").is_some_and(|image| image.starts_with(SITE)));
    }

    #[test]
    fn text_stays_text() {
        assert_eq!(
            escape("<a href=\"x\">&</a>"),
            "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;"
        );
        assert_eq!(percent(0.05), "5 %");
        assert_eq!(percent(0.125), "12.5 %");
    }
}
