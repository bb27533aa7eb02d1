//! Pebble: POST /machines, GET /machines/{id}, GET /machines?name=, DELETE /machines/{id}, GET /account.
//!
//! Each verb asks the cloud once and answers; the host waits, retries and remembers. The file needs no crate:
//! what it uses of slipway_plugin.h, which lies beside it, is declared in `abi`.

use std::sync::atomic::{AtomicPtr, Ordering};

/// The contract: slipway_plugin.h, the parts that are used here, in its order.
#[allow(dead_code)]
mod abi {
    use std::os::raw::c_void;

    pub const VERSION: u32 = 0x1_0000; // major 1 in the upper 16 bits, minor 0 in the lower

    pub const INVALID_SPEC: i32 = 1;
    pub const RATE_LIMITED: i32 = 4;
    pub const UNAUTHENTICATED: i32 = 5;
    pub const FORBIDDEN: i32 = 6;
    pub const NAME_TAKEN: i32 = 11;
    pub const UNAVAILABLE: i32 = 12;
    pub const UNKNOWN_OUTCOME: i32 = 13;
    pub const CANCELLED: i32 = 14;
    pub const INTERNAL: i32 = 16;

    pub const HTTP_NOT_SENT: i32 = 0;
    pub const HTTP_ANSWERED: i32 = 2;

    #[repr(C)]
    #[derive(Clone, Copy)]
    pub struct Span {
        pub bytes: *const u8,
        pub length: u64,
    }

    #[repr(C)]
    pub struct Call {
        opaque: [u8; 0],
    }

    #[repr(C)]
    pub struct HttpRequest {
        pub struct_size: u32,
        pub timeout_ms: u32,
        pub endpoint: Span,
        pub method: Span,
        pub path: Span,
        pub query: Span,
        pub headers: Span,
        pub body: Span,
        pub max_response: u64,
        pub cache_ttl_s: u32,
        pub reserved: u32,
        pub on_chunk: Option<unsafe extern "C" fn(*mut c_void, Span) -> i32>,
        pub context: *mut c_void,
    }

    #[repr(C)]
    pub struct HttpResponse {
        pub struct_size: u32,
        pub outcome: i32,
        pub status: i32,
        pub retry_after_ms: u32,
        pub headers: Span,
        pub body: Span,
        pub error: Span,
    }

    #[repr(C)]
    pub struct Host {
        pub struct_size: u32,
        pub abi_min: u32,
        pub abi_max: u32,
        pub reserved: u32,
        pub refuse: unsafe extern "C" fn(*const Host, Span),
        pub reply: unsafe extern "C" fn(*mut Call, Span) -> i32,
        pub fail: unsafe extern "C" fn(*mut Call, i32, Span) -> i32,
        pub http: unsafe extern "C" fn(*mut Call, *const HttpRequest, *mut *const HttpResponse) -> i32,
        pub http_release: unsafe extern "C" fn(*mut Call, *const HttpResponse),
        pub log: unsafe extern "C" fn(*mut Call, i32, Span, Span) -> i32,
        pub progress: unsafe extern "C" fn(*mut Call, i32, Span) -> i32,
        pub remaining_ms: unsafe extern "C" fn(*mut Call) -> u32,
        pub cancelled: unsafe extern "C" fn(*mut Call) -> i32,
        pub get_extension: unsafe extern "C" fn(*const Host, Span) -> *const c_void,
    }

    pub type Verb = unsafe extern "C" fn(*mut Call, Span);

    #[repr(C)]
    pub struct Plugin {
        pub struct_size: u32,
        pub abi_min: u32,
        pub abi_max: u32,
        pub abi_chosen: u32,
        pub id: Span,
        pub version: Span,
        pub manifest: Span,
        pub validate: Option<Verb>,
        pub prepare: Option<Verb>,
        pub provision: Option<Verb>,
        pub poll: Option<Verb>,
        pub terminate: Option<Verb>,
        pub list: Option<Verb>,
        pub catalog: Option<Verb>,
        pub self_test: Option<Verb>,
        pub power: Option<Verb>,
        pub get_extension: Option<unsafe extern "C" fn(Span) -> *const c_void>,
    }

    // Constant once it is built: the pointers lead to constants.
    unsafe impl Sync for Plugin {}

    pub const fn span(text: &'static str) -> Span {
        Span { bytes: text.as_ptr(), length: text.len() as u64 }
    }

    /// Borrowed for as long as the host says: here, until the verb returns.
    pub fn borrowed(text: &str) -> Span {
        Span { bytes: text.as_ptr(), length: text.len() as u64 }
    }

    /// The text of a span that is valid for 'a; what is not UTF-8 counts as nothing.
    pub unsafe fn text<'a>(span: Span) -> &'a str {
        if span.bytes.is_null() || span.length == 0 {
            return "";
        }
        std::str::from_utf8(std::slice::from_raw_parts(span.bytes, span.length as usize)).unwrap_or("")
    }
}

static HOST: AtomicPtr<abi::Host> = AtomicPtr::new(std::ptr::null_mut());

/// The host's table: set by entry, before any verb runs, and valid as long as the process.
fn host() -> &'static abi::Host {
    unsafe { &*HOST.load(Ordering::Acquire) }
}

// ---- JSON, the least that will do. A real plugin uses a library. ---------------------------------

/// The text of the string member `key`, still escaped, so that it can be put into other JSON as it is; empty
/// where there is none. A quote inside a string is escaped: it cannot look like a key.
fn member<'a>(json: &'a str, key: &str) -> &'a str {
    let wanted = format!("\"{key}\":\"");
    let rest = match json.find(&wanted) {
        Some(at) => &json[at + wanted.len()..],
        None => return "",
    };
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return &rest[..at],
            _ => {}
        }
    }
    ""
}

/// Whether it may stand in a path or a query as it is.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.len() <= 128 && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
}

/// Whether a body is what Pebble sends, and whole: nothing is concluded from anything else.
fn is_whole(body: &str) -> bool {
    (body.starts_with('{') && body.ends_with('}')) || (body.starts_with('[') && body.ends_with(']'))
}

// ---- Failures ----------------------------------------------------------------------------------------

struct Failure {
    code: i32,
    message: &'static str,
    remedy: &'static str,
    may_exist: bool,
    retry_after_ms: u32,
    violations: &'static str,
}

impl Failure {
    fn new(code: i32, message: &'static str, remedy: &'static str) -> Self {
        Failure { code, message, remedy, may_exist: false, retry_after_ms: 0, violations: "[]" }
    }

    fn json(&self) -> String {
        let wait = if self.retry_after_ms > 0 {
            format!(",\"retry_after_ms\":{}", self.retry_after_ms)
        } else {
            String::new()
        };
        format!(
            "{{\"message\":\"{}\",\"remedy\":\"{}\",\"may_exist\":{},\"violations\":{}{}}}",
            self.message, self.remedy, self.may_exist, self.violations, wait
        )
    }
}

type Reply = Result<String, Failure>;

// ---- One call of a verb, and HTTP in it ---------------------------------------------------------------

/// Valid until the verb returns.
struct Call(*mut abi::Call);

struct Answer<'a> {
    is_missing: bool,
    body: &'a str,
}

impl Call {
    /// Performs a request. Returns 2xx, 3xx and 404; everything else is the failure that it is.
    fn ask(&self, method: &str, path: &str, query: &str, body: &str) -> Result<Answer<'_>, Failure> {
        let changes = method != "GET";
        let unclear = |code, message, remedy| Failure { may_exist: changes, ..Failure::new(code, message, remedy) };
        let request = abi::HttpRequest {
            struct_size: std::mem::size_of::<abi::HttpRequest>() as u32,
            timeout_ms: 0,
            endpoint: abi::span("api"),
            method: abi::borrowed(method),
            path: abi::borrowed(path),
            query: abi::borrowed(query),
            headers: abi::span(if changes { "Content-Type: application/json\n" } else { "" }),
            body: abi::borrowed(body),
            max_response: 0,
            cache_ttl_s: 0,
            reserved: 0,
            on_chunk: None,
            context: std::ptr::null_mut(),
        };
        let mut given: *const abi::HttpResponse = std::ptr::null();
        // The response is the host's and lives as long as the call, which outlives `self`.
        if unsafe { (host().http)(self.0, &request, &mut given) } < 0 || given.is_null() {
            return Err(unclear(abi::CANCELLED, "the call is over", "none"));
        }
        let response = unsafe { &*given };
        if response.outcome == abi::HTTP_NOT_SENT {
            let wait = response.retry_after_ms;
            let code = if wait > 0 { abi::RATE_LIMITED } else { abi::UNAVAILABLE };
            return Err(Failure { retry_after_ms: wait, ..Failure::new(code, "not sent", "check the endpoint") });
        }
        let body = unsafe { abi::text(response.body) };
        match response.status {
            status if response.outcome != abi::HTTP_ANSWERED || status >= 500 => {
                let code = if changes { abi::UNKNOWN_OUTCOME } else { abi::UNAVAILABLE };
                Err(unclear(code, "no answer that says what happened", "the host asks again"))
            }
            401 => Err(Failure::new(abi::UNAUTHENTICATED, "Pebble does not know the token", "make a new one")),
            403 => Err(Failure::new(abi::FORBIDDEN, "the token may not do this", "give it write access")),
            404 => Ok(Answer { is_missing: true, body }),
            409 => Err(Failure::new(abi::NAME_TAKEN, "the name exists", "look whose it is")),
            429 => Err(Failure {
                retry_after_ms: 1000,
                ..Failure::new(abi::RATE_LIMITED, "too many requests", "wait")
            }),
            status if status >= 400 => Err(Failure::new(abi::INVALID_SPEC, "Pebble refused", "read its message")),
            _ if !changes && !is_whole(body) => {
                let message = "the answer is not Pebble's, or not whole";
                Err(Failure::new(abi::UNAVAILABLE, message, "the host asks again"))
            }
            _ => Ok(Answer { is_missing: false, body }),
        }
    }

    /// The machine of that id, or an answer that is missing.
    fn machine(&self, id: &str) -> Result<Answer<'_>, Failure> {
        if !is_plain(id) {
            return Err(Failure::new(abi::INVALID_SPEC, "external_id is not one of Pebble's", "none"));
        }
        self.ask("GET", &format!("/machines/{id}"), "", "")
    }
}

// ---- Verbs ---------------------------------------------------------------------------------------------

fn validate(_: &Call, request: &str) -> Reply {
    if member(request, "type") != "small" {
        return Err(Failure {
            violations: r#"[{"path":"placements[0].type","message":"unknown","allowed":["small"]}]"#,
            ..Failure::new(abi::INVALID_SPEC, "Pebble has no such type", "take small")
        });
    }
    Ok(concat!(
        r#"{"placements":[{"index":0,"type":"small","location":"beach","image_id":"debian-12","#,
        r#""architecture":"x86_64","vcpu":1,"memory_mb":1024,"disk_gb":10,"#,
        r#""price":{"hourly":"0.01","currency":"EUR"}}]}"#
    )
    .to_string())
}

/// Pebble takes the key from user_data.
fn prepare(_: &Call, _: &str) -> Reply {
    Ok("{}".to_string())
}

fn provision(call: &Call, request: &str) -> Reply {
    let mut id = member(request, "external_id");
    if id.is_empty() {
        let body = format!(
            r#"{{"name":"{}","attempt":"{}","installation":"{}","user_data":"{}"}}"#,
            member(request, "name"),
            member(request, "attempt_id"),
            member(request, "installation_id"),
            member(request, "user_data")
        );
        let made = call.ask("POST", "/machines", "", &body)?;
        id = member(made.body, "id");
        if made.is_missing || !is_plain(id) {
            let message = "the answer to the create cannot be read";
            return Err(Failure { may_exist: true, ..Failure::new(abi::UNKNOWN_OUTCOME, message, "the host looks") });
        }
    }
    if !is_plain(id) {
        return Err(Failure::new(abi::INVALID_SPEC, "external_id is not one of Pebble's", "none"));
    }
    Ok(format!(r#"{{"external_id":"{id}","state":"pending","poll_after_ms":2000}}"#))
}

/// max_poll_batch is 1: there is exactly one entry.
fn poll(call: &Call, request: &str) -> Reply {
    let attempt = member(request, "attempt_id");
    let asked = member(request, "external_id");
    let head = format!(r#"{{"results":[{{"attempt_id":"{attempt}""#);
    let (id, found, scope) = if asked.is_empty() {
        let name = member(request, "name");
        if !is_plain(name) {
            return Err(Failure::new(abi::INTERNAL, "the name is not one that this plugin was given", "none"));
        }
        let mut named = call.ask("GET", "/machines", &format!("name={name}"), "")?;
        let id = member(named.body, "id"); // names are unique: none or one
        named.is_missing = !is_plain(id);
        (id, named, "by_name")
    } else {
        (asked, call.machine(asked)?, "by_id")
    };
    let observation = if !found.is_missing {
        if member(found.body, "attempt") != attempt {
            return Ok(head
                + r#","failure_code":"NAME_TAKEN","failure":{"message":"the machine does not carry our label","#
                + r#""remedy":"look whose it is","may_exist":false}}]}"#);
        }
        let state = if member(found.body, "state") == "up" { "running" } else { "pending" };
        let ip = member(found.body, "ip");
        format!(r#"{{"external_id":"{id}","state":"{state}","addresses":{{"ipv4":"{ip}"}}}}"#)
    } else if scope == "by_id" {
        format!(r#"{{"external_id":"{id}","state":"gone"}}"#)
    } else {
        String::new()
    };
    Ok(format!(
        r#"{head},"observations":[{observation}],"scope":"{scope}","all_pages_read":true,"poll_after_ms":2000}}]}}"#
    ))
}

fn terminate(call: &Call, request: &str) -> Reply {
    let id = member(request, "external_id");
    let found = call.machine(id)?;
    if found.is_missing {
        return Ok(r#"{"state":"gone"}"#.to_string());
    }
    let attempt = member(request, "attempt_id");
    if attempt.is_empty() || member(found.body, "attempt") != attempt {
        let message = "the machine does not carry our label; nothing was done to it";
        return Err(Failure::new(abi::NAME_TAKEN, message, "end it by hand, if it is yours"));
    }
    let deleted = call.ask("DELETE", &format!("/machines/{id}"), "", "")?;
    let reply = if deleted.is_missing {
        r#"{"state":"gone"}"#
    } else {
        r#"{"state":"terminating","poll_after_ms":1000}"#
    };
    Ok(reply.to_string())
}

/// Honest: nothing was read, so nothing may be concluded from it.
fn list(_: &Call, _: &str) -> Reply {
    Ok(r#"{"objects":[],"all_pages_read":false}"#.to_string())
}

fn catalog(_: &Call, _: &str) -> Reply {
    Ok(concat!(
        r#"{"types":[{"name":"small","vcpu":1,"memory_mb":1024,"disk_gb":10,"architecture":"x86_64","#,
        r#""offers":[{"location":"beach","available":true}]}]}"#
    )
    .to_string())
}

fn self_test(call: &Call, _: &str) -> Reply {
    let account = call.ask("GET", "/account", "", "")?;
    if account.is_missing {
        return Err(Failure::new(abi::UNAVAILABLE, "Pebble has no /account", "check the endpoint"));
    }
    let identity = member(account.body, "account");
    Ok(format!(r#"{{"credential_valid":true,"account_identity":"{identity}"}}"#))
}

// ---- Boundary: no panic leaves a verb ------------------------------------------------------------------

unsafe fn guarded(call: *mut abi::Call, request: abi::Span, verb: fn(&Call, &str) -> Reply) {
    match std::panic::catch_unwind(|| verb(&Call(call), abi::text(request))) {
        Ok(Ok(reply)) => (host().reply)(call, abi::borrowed(&reply)),
        Ok(Err(failure)) => (host().fail)(call, failure.code, abi::borrowed(&failure.json())),
        Err(_) => (host().fail)(call, abi::INTERNAL, abi::span(r#"{"message":"the plugin panicked"}"#)),
    };
}

macro_rules! verb {
    ($name:ident) => {{
        unsafe extern "C" fn entered(call: *mut abi::Call, request: abi::Span) {
            guarded(call, request, $name)
        }
        Some(entered)
    }};
}

const MANIFEST: &str = concat!(
    r#"{"id":"pebble","name":"Pebble","version":"1.0.0","unique_names":true,"max_poll_batch":1,"#,
    r#""max_concurrency":4,"endpoints":[{"name":"api","base_url":"https://api.pebble.invalid","#,
    r#""auth":{"kind":"bearer"}}],"routes":{"provision":[{"method":"POST","path":"/machines"}],"#,
    r#""poll":[{"method":"GET","path":"/machines"},{"method":"GET","path":"/machines/{}"}],"#,
    r#""terminate":[{"method":"GET","path":"/machines/{external_id}"},"#,
    r#"{"method":"DELETE","path":"/machines/{external_id}"}],"#,
    r#""self_test":[{"method":"GET","path":"/account"}]}}"#
);

const fn table(chosen: u32) -> abi::Plugin {
    abi::Plugin {
        struct_size: std::mem::size_of::<abi::Plugin>() as u32,
        abi_min: abi::VERSION,
        abi_max: abi::VERSION,
        abi_chosen: chosen,
        id: abi::span("pebble"),
        version: abi::span("1.0.0"),
        manifest: abi::span(MANIFEST),
        validate: verb!(validate),
        prepare: verb!(prepare),
        provision: verb!(provision),
        poll: verb!(poll),
        terminate: verb!(terminate),
        list: verb!(list),
        catalog: verb!(catalog),
        self_test: verb!(self_test),
        power: None,
        get_extension: None,
    }
}

static TABLE: abi::Plugin = table(abi::VERSION);
static REFUSAL: abi::Plugin = table(0);

/// Called once by the worker, before any verb.
///
/// # Safety
/// `given` is the host's table, which lives as long as the process.
#[no_mangle]
pub unsafe extern "C" fn slipway_plugin_entry(given: *const abi::Host) -> *const abi::Plugin {
    if (*given).abi_min > abi::VERSION || (*given).abi_max < abi::VERSION {
        ((*given).refuse)(given, abi::span("this plugin was built for ABI 1.0: bring it up to this host's header"));
        return &REFUSAL;
    }
    HOST.store(given as *mut abi::Host, Ordering::Release);
    &TABLE
}
