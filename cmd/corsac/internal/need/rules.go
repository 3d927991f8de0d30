package need

// Rule is a situation and what it means.
type Rule struct {
	Name    string   // stable
	When    string   // for the guide's table
	Need    bool     // whether CORS is needed
	Why     string   // the reason, with {page}, {target}, {difference}, {use} filled in
	Instead []string // what to do, the best first

	applies func(*situation) bool
}

// checkIt and serveIt are what to do where CORS is needed.
const (
	checkIt = "see what the browser makes of it: corsac check {url} --origin {page}"
	serveIt = "let the server allow it, or put corsac in front: corsac serve --upstream {target} --allow-origin {page}"
	oneHost = "serve page and API from one origin, the API under a path such as /api/, by a reverse proxy or the proxy of your dev server"
)

// Rules are tried in order; the first that applies answers.
var Rules = []Rule{
	{
		Name: "server-to-server", When: "the request is made by a server, a command line or an app, not by a page",
		Why: "only browsers enforce CORS; code outside of them reads whatever it gets", Instead: []string{"just make the request"},
		applies: func(s *situation) bool { return s.server },
	},
	{
		Name: "dev-proxy", When: "the page's own dev server passes the request on", Why: "the browser talks to the page's own origin only, and knows nothing of the server behind",
		Instead: []string{"use a relative URL in the page; in production, do the same with a reverse proxy, or you will need CORS there"},
		applies: func(s *situation) bool { return s.DevProxy },
	},
	{
		Name: "mixed-content", When: "an https page loads from plain http (or ws) on another machine, other than an image, a video or a link", Why: "browsers block plain http on https pages before CORS is asked; no header can allow it",
		Instead: []string{"serve it over https"},
		applies: func(s *situation) bool {
			plain := s.target.Scheme() == "http" || s.target.Scheme() == "ws"
			return s.Use.isActive() && s.page.Scheme() == "https" && plain && !s.target.PotentiallyTrustworthy()
		},
	},
	{
		Name: "websocket", When: "a WebSocket", Why: "WebSockets do not use CORS: every page may open one to every server",
		Instead: []string{"let the server compare the Origin header of the handshake with a list, or other sites can use the user's session"},
		applies: func(s *situation) bool { return s.Use == WebSocket },
	},
	{
		Name: "same-origin", When: "scheme, host and port are the same; the path does not matter", Why: "page and server have the same origin, {target}",
		Instead: []string{"nothing to do; if the URL is written with a host, a relative one keeps it so"},
		applies: func(s *situation) bool { return s.page.SameOrigin(s.target) },
	},
	{
		Name: "tag", When: "an image, a video, a classic script or a stylesheet that is only shown or run", Why: "a plain {use} tag shows or runs what it loads, and lets no script read it",
		Instead: []string{"nothing to do; do not add the crossorigin attribute, with which the tag would need CORS", "if script is to read it (pixels on a canvas, errors of a script, rules of a stylesheet), it needs CORS and crossorigin"},
		applies: func(s *situation) bool {
			return s.Use == Image || s.Use == Media || s.Use == Script || s.Use == Style
		},
	},
	{
		Name: "navigation", When: "a link, a form or a frame", Why: "the browser goes there itself; script of this page cannot read it",
		Instead: []string{"nothing to do; the server must protect itself against forms of other sites (CSRF) and frames (frame-ancestors)"},
		applies: func(s *situation) bool { return s.Use == Link || s.Use == Form || s.Use == Frame },
	},
	{
		Name: "file", When: "a page opened from a file", Need: true, Why: "a page from a file has the origin null, which equals no other, not even that of the file beside it",
		Instead: []string{"serve the page over http, such as with: python3 -m http.server 3000, and allow http://localhost:3000", "do not allow null: every sandboxed frame on the web has it"},
		applies: func(s *situation) bool { return s.file },
	},
	{
		Name: "sandboxed", When: "a page in a sandboxed frame, or with another opaque origin", Need: true, Why: "the page has the origin null, which equals no other",
		Instead: []string{"add allow-same-origin to the sandbox attribute, if the frame's content is trusted, and allow its origin", "if the data is public, allow every origin with *, without credentials", "do not allow null: every site can have it"},
		applies: func(s *situation) bool { return s.page.IsOpaque() },
	},
	{
		Name: "font", When: "a font from another origin", Need: true, Why: "browsers load fonts with CORS always: {difference} differs",
		Instead: []string{"serve the font from the page's origin", "let the font's server allow every origin: fonts are public"},
		applies: func(s *situation) bool { return s.Use == Font },
	},
	{
		Name: "module", When: "a module script, or pixels of an image on a canvas, from another origin", Need: true, Why: "browsers load these with CORS, as script can read them: {difference} differs",
		Instead: []string{"serve it from the page's origin", checkIt + " --destination module"},
		applies: func(s *situation) bool { return s.Use == Module || s.Use == Canvas },
	},
	{
		Name: "server-sent-events", When: "server-sent events from another origin", Need: true, Why: "an EventSource is read by script, as with fetch: {difference} differs",
		Instead: []string{oneHost, "allow the page's origin on the stream's response; there is never a preflight", serveIt},
		applies: func(s *situation) bool { return s.Use == EventSource },
	},
	{
		Name: "other-port", When: "only the port differs", Need: true, Why: "a port makes another origin: {difference} differs",
		Instead: []string{oneHost, checkIt, serveIt},
		applies: func(s *situation) bool {
			return s.page.Host() == s.target.Host() && s.page.Scheme() == s.target.Scheme()
		},
	},
	{
		Name: "subdomain", When: "another subdomain of the same site", Need: true, Why: "the two are of one site, {difference} differs, and CORS is about origins, not sites",
		Instead: []string{oneHost, checkIt, serveIt},
		applies: func(s *situation) bool { return s.page.SameSite(s.target) },
	},
	{
		Name: "other-site", When: "another site, or another scheme", Need: true, Why: "page and server have different origins: {difference} differs",
		Instead: []string{"call it from your own server, if the API is not meant for browsers", checkIt, serveIt},
		applies: func(*situation) bool { return true },
	},
}
