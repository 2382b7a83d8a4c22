//! The stylesheet, the scripts and the icon, served from the binary.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};

/// One file that pages load.
struct Asset {
    name: &'static str,
    content_type: &'static str,
    content: &'static str,
}

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

const ASSETS: &[Asset] = &[
    Asset::new("style.css", CSS, include_str!("assets/style.css")),
    Asset::new("live.js", JAVASCRIPT, include_str!("assets/live.js")),
    Asset::new("graph.js", JAVASCRIPT, include_str!("assets/graph.js")),
    Asset::new("morph.js", JAVASCRIPT, include_str!("assets/morph.js")),
    Asset::new("icon.svg", SVG, include_str!("assets/icon.svg")),
];

/// Changes with any file, so that browsers may keep files for ever.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = DefaultHasher::new();
    for asset in ASSETS {
        asset.content.hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
});

impl Asset {
    const fn new(name: &'static str, content_type: &'static str, content: &'static str) -> Self {
        Self {
            name,
            content_type,
            content,
        }
    }
}

/// The path of the asset `name`.
#[must_use]
pub fn path(name: &str) -> String {
    format!("/assets/{}/{name}", *VERSION)
}

/// Serves an asset; one of another version is the present one, for pages that were loaded before an update.
pub async fn show(path: web::Path<(String, String)>) -> HttpResponse {
    let (version, name) = path.into_inner();
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return HttpResponse::NotFound().finish();
    };
    let cache = if version == *VERSION {
        "public, max-age=31536000, immutable"
    } else {
        "no-store"
    };
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, asset.content_type))
        .insert_header((CACHE_CONTROL, cache))
        .body(asset.content)
}
