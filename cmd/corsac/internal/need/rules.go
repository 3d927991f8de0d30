package need

// Rule is a situation and its answer. The placeholders {page}, {target}, {url},
// {site}, {differ}, {scheme} and {proxy} in its texts are replaced for each
// question.
type Rule struct {
	Name    string  // it does not change between versions
	When    string  // the situation, for the guide
	Verdict Verdict // the answer
	But     string  // what follows "no, but"
	Blocked bool    // browsers refuse it, whatever the server says
	Why     string  // the reason, as a sentence
	Instead []Step  // what to do, best first

	// Example is a question that this rule answers.
	Example Question

	applies func(*situation) bool
}

// Steps that several rules have.
var (
	noStep    = Step{Text: "nothing to do"}
	oneOrigin = Step{Text: "serve both from one origin, with a proxy on the page's server, and call it with a relative URL: {relative}", Config: "{proxy}"}
	checkIt   = Step{Text: "see what a browser does with it", Command: []string{"corsac", "check", "{url}", "--origin", "{page}", "{as}"}}
	serveIt   = Step{Text: "let the server allow the page's origin, or put corsac in front of it, and call {instead}", Command: []string{"corsac", "serve", "--upstream", "{target}", "--allow-origin", "{page}", "--listen", "{listen}"}}
	serveDir  = Step{Text: "serve the folder over http, and open http://localhost:3000 instead of the file", Command: []string{"python3", "-m", "http.server", "3000", "--bind", "127.0.0.1"}}
	hostIt    = Step{Text: "serve it from the page's own origin"}
)

// The URLs in the examples.
const (
	appURL  = "https://app.example.com"
	apiURL  = "https://api.example.com/items"
	cdnURL  = "https://cdn.example.net"
	devURL  = "http://localhost:3000"
	fileURL = "file:///home/me/index.html"
)

// Rules are tried in order; the first that applies answers.
var Rules = []Rule{
	{
		Name: "server-to-server", Verdict: No,
		When:    "a server, a command line or an app makes the request, not a page",
		Why:     "only browsers enforce CORS; any other program reads whatever it gets",
		Instead: []Step{{Text: "nothing to do; this is also how to use somebody else's server that does not support CORS: let your own server call it"}},
		Example: Question{Page: "server", Target: apiURL},
		applies: func(s *situation) bool { return s.server },
	},
	{
		Name: "data-url", Verdict: No,
		When:    "a `data:` URL, or a `blob:` URL of the page",
		Why:     "the content is in the page already, so no server is asked",
		Instead: []Step{noStep},
		Example: Question{Page: appURL, Target: "data:text/plain,hello"},
		applies: (*situation).isLocalData,
	},
	{
		Name: "file-url", Verdict: But, But: "the browser refuses it anyway", Blocked: true,
		When:    "a page reads a file, such as one next to it (`data.json`, a module script)",
		Why:     "browsers do not let pages read files, and a file has no headers that could allow it",
		Instead: []Step{serveDir},
		Example: Question{Page: fileURL, Target: "./data.json"},
		applies: func(s *situation) bool {
			shows := s.kind == Tag || s.kind == Navigation || s.Use == Font
			return s.url.Scheme == "file" && (!s.file || !shows)
		},
	},
	{
		Name: "scheme", Verdict: But, But: "the browser refuses it anyway", Blocked: true,
		When:    "a URL that is neither `http:` nor `https:`",
		Why:     "pages cannot load {scheme}: URLs",
		Instead: []Step{{Text: "serve it over https"}},
		Example: Question{Page: appURL, Target: "ftp://files.example.com/list"},
		applies: func(s *situation) bool {
			return !s.isHTTP() && s.url.Scheme != "file" && s.kind != Navigation
		},
	},
	{
		Name: "dev-proxy", Verdict: But, But: "only while you develop",
		When:    "the page's development server passes the request on",
		Why:     "the browser talks only to the page's own origin, and does not know about the server that the proxy calls",
		Instead: []Step{{Text: "call it with a relative URL: {relative}", Config: "{proxy}"}, {Text: "in production, do the same with a reverse proxy, or you will need CORS there"}},
		Example: Question{Page: devURL, Target: "http://localhost:8080/items", DevProxy: true},
		applies: func(s *situation) bool { return s.proxied() && s.kind != Handshake },
	},
	{
		Name: "mixed-content", Verdict: But, But: "the browser blocks it anyway, as mixed content", Blocked: true,
		When:    "an https page loads from plain `http:` or `ws:` on another machine, and not just to show an image or a video",
		Why:     "an https page must not load over plain {scheme}: the browser refuses before CORS applies, and no header can allow it",
		Instead: []Step{{Text: "serve it over https"}, {Text: "let the page's own server pass it on", Config: "{proxy}"}},
		Example: Question{Page: appURL, Target: "http://api.example.com/items"},
		applies: (*situation).mixedBlocked,
	},
	{
		Name: "same-origin-only", Verdict: But, But: "the browser refuses it anyway", Blocked: true,
		When:    "a worker, or part of an SVG, from another origin",
		Why:     "browsers load these only from the page's own origin, and no header can allow another: {differ}",
		Instead: []Step{hostIt, {Text: "for a worker: start one from the page's own origin that loads the script, with import, which needs CORS, or with importScripts, which does not"}},
		Example: Question{Page: appURL, Target: cdnURL + "/worker.js", Use: Worker},
		applies: func(s *situation) bool { return s.kind == SameOrigin && !s.page.SameOrigin(s.target) },
	},
	{
		Name: "websocket", Verdict: But, But: "the server itself must check where the page is from",
		When:    "a WebSocket",
		Why:     "WebSockets do not use CORS: any page may open one to any server, with the user's cookies",
		Instead: []Step{{Text: "let the server check the Origin header of the handshake against a list, and refuse others with 403"}, checkIt},
		Example: Question{Page: appURL, Target: "wss://chat.example.net/room"},
		applies: func(s *situation) bool { return s.kind == Handshake },
	},
	{
		Name: "same-origin", Verdict: No,
		When:    "scheme, host and port are the same, whatever the path",
		Why:     "page and URL have the same origin, {target}; paths do not matter",
		Instead: []Step{{Text: "nothing to do; with a relative URL this stays so wherever the page is deployed"}},
		Example: Question{Page: appURL + "/shop", Target: appURL + "/api/items"},
		applies: func(s *situation) bool { return s.page.SameOrigin(s.target) },
	},
	{
		Name: "tag", Verdict: But, But: "script cannot read it",
		When:    "an image, a video, a classic script or a stylesheet that is only shown or run; a beacon",
		Why:     "the browser shows, runs or sends it without CORS, and gives script no response to read",
		Instead: []Step{{Text: "nothing to do; leave out the crossorigin attribute, because with it the tag needs CORS"}, {Text: "if script must read it (pixels on a canvas, rules of a stylesheet, details of a script's errors), or if the tag has an integrity attribute, it needs crossorigin and CORS"}},
		Example: Question{Page: appURL, Target: cdnURL + "/logo.png", Use: Image},
		applies: func(s *situation) bool {
			return s.kind == Tag || s.kind == Blind || s.Use == Font && s.url.Scheme == "file"
		},
	},
	{
		Name: "navigation", Verdict: But, But: "script of this page cannot read what comes back",
		When:    "a link, a form or a frame",
		Why:     "the browser goes there by itself, and keeps pages of other origins apart",
		Instead: []Step{{Text: "nothing to do; two pages that know each other can use postMessage"}, {Text: "the server protects itself against forms on other sites with SameSite cookies or tokens, and against frames with frame-ancestors; CORS does neither"}},
		Example: Question{Page: appURL, Target: "https://shop.example.net/cart", Use: Form},
		applies: func(s *situation) bool { return s.kind == Navigation },
	},
	{
		Name: "file-page", Verdict: Yes,
		When:    "a page that was opened from a file",
		Why:     "a page from a file has the origin null, which is not the same as any other",
		Instead: []Step{serveDir, {Text: "then let the server allow http://localhost:3000, but never null, which is also the origin of every sandboxed frame on the web"}},
		Example: Question{Page: fileURL, Target: apiURL},
		applies: func(s *situation) bool { return s.file },
	},
	{
		Name: "sandboxed", Verdict: Yes,
		When:    "a page in a sandboxed frame, or with another opaque origin",
		Why:     "the page has the origin null, which is not the same as any other, not even that of its own server",
		Instead: []Step{{Text: "if the frame's origin differs from that of the page around it, add allow-same-origin to the sandbox attribute, so that it keeps its own origin"}, {Text: "if what it loads is public, let the server allow every origin (*), without credentials, but never null, which any site can have"}, checkIt},
		Example: Question{Page: appURL, Target: appURL + "/api/items", Sandboxed: true},
		applies: func(s *situation) bool { return s.page.IsOpaque() },
	},
	{
		Name: "font", Verdict: Yes,
		When:    "a font from another origin, or a manifest",
		Why:     "browsers always load these with CORS, even without an attribute: {differ}",
		Instead: []Step{hostIt, {Text: "let its server allow every origin (*), without credentials: such files are public"}, checkIt},
		Example: Question{Page: appURL, Target: cdnURL + "/inter.woff2", Use: Font},
		applies: func(s *situation) bool { return s.Use == Font || s.Use == Manifest },
	},
	{
		Name: "module", Verdict: Yes,
		When:    "a module script from another origin",
		Why:     "unlike classic scripts, modules and all that they import are always loaded with CORS: {differ}",
		Instead: []Step{hostIt, {Text: "let its server allow every origin (*), without credentials: such files are public"}, checkIt},
		Example: Question{Page: appURL, Target: cdnURL + "/app.js", Use: Module},
		applies: func(s *situation) bool { return s.Use == Module },
	},
	{
		Name: "crossorigin", Verdict: Yes,
		When:    "a tag with `crossorigin` or `integrity`, from another origin: an image for a canvas, subtitles",
		Why:     "with the crossorigin attribute the browser loads it with CORS, so that script may read it: {differ}",
		Instead: []Step{hostIt, {Text: "keep the attribute, without which script cannot read it, and let the server allow every origin (*), without credentials, if it is public"}, checkIt},
		Example: Question{Page: appURL, Target: cdnURL + "/photo.jpg", Use: Canvas},
		applies: func(s *situation) bool { return s.kind == Always },
	},
	{
		Name: "server-sent-events", Verdict: Yes,
		When:    "server-sent events from another origin",
		Why:     "script reads an EventSource just as it reads a fetch: {differ}",
		Instead: []Step{oneOrigin, {Text: "let the stream's response allow the page's origin; there is never a preflight, and withCredentials: true sends cookies"}, checkIt, serveIt},
		Example: Question{Page: appURL, Target: "https://api.example.com/events", Use: EventSource},
		applies: func(s *situation) bool { return s.Use == EventSource },
	},
	{
		Name: "other-name", Verdict: Yes,
		When:    "`localhost` and `127.0.0.1`",
		Why:     "they name the same machine, but are different hosts to a browser: {differ}",
		Instead: []Step{{Text: "use one name for both; if the port differs as well, they are still two origins"}, oneOrigin, checkIt, serveIt},
		Example: Question{Page: devURL, Target: "http://127.0.0.1:3000/items"},
		applies: (*situation).isOtherName,
	},
	{
		Name: "other-port", Verdict: Yes,
		When:    "only the port differs",
		Why:     "a different port is a different origin: {differ}",
		Instead: []Step{oneOrigin, checkIt, serveIt},
		Example: Question{Page: devURL, Target: "http://localhost:8080/items"},
		applies: func(s *situation) bool {
			return s.page.Host() == s.target.Host() && s.page.Scheme() == s.target.Scheme()
		},
	},
	{
		Name: "other-scheme", Verdict: Yes,
		When:    "http and https of one host",
		Why:     "a different scheme is a different origin, and a different site: {differ}",
		Instead: []Step{{Text: "serve both over https, and call it with a relative URL"}, checkIt, serveIt},
		Example: Question{Page: "http://app.example.com", Target: "https://app.example.com/items"},
		applies: func(s *situation) bool { return s.page.Host() == s.target.Host() },
	},
	{
		Name: "subdomain", Verdict: Yes,
		When:    "another subdomain: one site, two origins",
		Why:     "both are in the site {site}, but CORS compares origins: {differ}",
		Instead: []Step{oneOrigin, checkIt, serveIt},
		Example: Question{Page: appURL, Target: apiURL},
		applies: func(s *situation) bool { return s.page.SameSite(s.target) },
	},
	{
		Name: "other-site", Verdict: Yes,
		When:    "another site",
		Why:     "page and URL have different origins: {differ}",
		Instead: []Step{{Text: "if the API is not meant for browsers, or needs a secret, let your own server call it or pass it on", Config: "{proxy}"}, checkIt, serveIt},
		Example: Question{Page: appURL, Target: "https://api.example.net/items"},
		applies: func(*situation) bool { return true },
	},
}
