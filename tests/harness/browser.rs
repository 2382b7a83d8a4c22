//! A headless Chromium that tests drive over WebDriver, each with a driver process of its own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use reqwest::blocking;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::ports::free_port;
use super::process::Process;
use super::until::{check, until};

/// How long a page may take to show something.
const PATIENCE: Duration = Duration::from_secs(20);

/// A browser with one window.
pub struct Browser {
    runtime: Runtime,
    client: Client,
    driver_url: String,
    session: String,
    _driver: Process,
    _folder: TempDir,
}

impl Browser {
    /// Starts a browser whose pages are `width` by `height` pixels, and which can reach nothing but loopback.
    pub fn start(width: u32, height: u32) -> Self {
        let folder = TempDir::with_prefix("spangraph-browser-").expect("temporary folder is made");
        let port = free_port();
        let driver_url = format!("http://127.0.0.1:{port}");
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}")).env("TMPDIR", folder.path());
        let driver = Process::spawn("chromedriver", &mut command, &folder.path().join("log"));
        until("the driver is ready", PATIENCE, || {
            blocking::get(format!("{driver_url}/status")).map(drop)
        });
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let client = runtime.block_on(connect(&driver_url, width, height));
        let session = runtime.block_on(client.session_id()).unwrap().unwrap();
        Self {
            runtime,
            client,
            driver_url,
            session,
            _driver: driver,
            _folder: folder,
        }
    }

    /// Loads `url`.
    pub fn open(&self, url: &str) {
        self.runtime.block_on(self.client.goto(url)).unwrap();
    }

    /// The address that the window shows, which scripts may have changed.
    pub fn url(&self) -> String {
        self.runtime
            .block_on(self.client.current_url())
            .unwrap()
            .to_string()
    }

    /// The value of the JavaScript expression `expression`.
    pub fn value(&self, expression: &str) -> Value {
        let script = format!("return {expression};");
        self.runtime
            .block_on(self.client.execute(&script, Vec::new()))
            .unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// Waits until the JavaScript expression `expression` is true.
    pub fn wait_for(&self, expression: &str) {
        until(expression, PATIENCE, || {
            let value = self.value(expression);
            check(value == json!(true), || format!("it is {value}"))
        });
    }

    /// The text of every element that `css` selects, in the order of the page.
    pub fn texts(&self, css: &str) -> Vec<String> {
        let texts = self.value(&format!(
            "[...document.querySelectorAll({})].map(e => e.textContent.trim())",
            json!(css)
        ));
        serde_json::from_value(texts).unwrap()
    }

    /// How many elements `css` selects.
    pub fn count(&self, css: &str) -> usize {
        self.texts(css).len()
    }

    /// Clicks the first element that `css` selects.
    pub fn click(&self, css: &str) {
        let click = async { self.find(css).await.click().await };
        self.runtime
            .block_on(click)
            .unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Types `text` into the first element that `css` selects, over what it holds.
    pub fn type_into(&self, css: &str, text: &str) {
        self.runtime.block_on(async {
            let field = self.find(css).await;
            field.clear().await.unwrap();
            field.send_keys(text).await.unwrap();
        });
    }

    /// Chooses `value` in the `<select>` that `css` selects.
    pub fn choose(&self, css: &str, value: &str) {
        let choose = async { self.find(css).await.select_by_value(value).await };
        self.runtime
            .block_on(choose)
            .unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Writes what the window shows to `target/screenshots/<name>.png`.
    pub fn screenshot(&self, name: &str) {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
        fs::create_dir_all(&folder).unwrap();
        let image = self.runtime.block_on(self.client.screenshot()).unwrap();
        fs::write(folder.join(format!("{name}.png")), image).unwrap();
    }

    /// What pages wrote to the console as warnings and errors since the last call; violations of the policy are there too.
    pub fn console(&self) -> Vec<String> {
        let entries = self.log("browser");
        entries.iter().map(|entry| entry["message"].to_string()).collect()
    }

    /// The addresses that pages asked for since the last call, apart from `data:`.
    pub fn requested(&self) -> Vec<String> {
        let entries = self.log("performance");
        let messages = entries
            .iter()
            .map(|entry| serde_json::from_str::<Value>(entry["message"].as_str().unwrap()).unwrap());
        let sent = messages.filter(|each| each["message"]["method"] == "Network.requestWillBeSent");
        sent.map(|each| {
            each["message"]["params"]["request"]["url"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .filter(|url| !url.starts_with("data:"))
        .collect()
    }

    async fn find(&self, css: &str) -> Element {
        let found = self
            .client
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(css))
            .await;
        found.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    /// WebDriver has no standard way to logs; this is the one of Chromium's driver.
    fn log(&self, kind: &str) -> Vec<Value> {
        let url = format!("{}/session/{}/se/log", self.driver_url, self.session);
        let answer = blocking::Client::new()
            .post(url)
            .json(&json!({ "type": kind }))
            .send();
        let answer: Value = answer.unwrap().error_for_status().unwrap().json().unwrap();
        answer["value"].as_array().unwrap().clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.runtime.block_on(self.client.clone().close()));
    }
}

async fn connect(driver_url: &str, width: u32, height: u32) -> Client {
    let capabilities = json!({
        "goog:chromeOptions": { "args": [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
            format!("--window-size={width},{height}"),
        ],
        // A window cannot be narrower than 500 pixels, a page of a small device can.
        "mobileEmulation": { "deviceMetrics": { "width": width, "height": height, "pixelRatio": 1.0, "touch": false } } },
        "goog:loggingPrefs": { "browser": "WARNING", "performance": "ALL" },
    });
    let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
    builder.capabilities(capabilities.as_object().unwrap().clone());
    builder.connect(driver_url).await.expect("browser starts")
}
