package need

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/internal/similar"
)

// Use is what a page does with a URL.
type Use string

// The uses.
const (
	Fetch       Use = "fetch"
	XHR         Use = "xhr"
	EventSource Use = "eventsource"
	WebSocket   Use = "websocket"
	Image       Use = "img"
	Media       Use = "media"
	Script      Use = "script"
	Style       Use = "style"
	Canvas      Use = "canvas"
	Track       Use = "track"
	Module      Use = "module"
	Font        Use = "font"
	Manifest    Use = "manifest"
	Worker      Use = "worker"
	Beacon      Use = "beacon"
	Frame       Use = "iframe"
	Form        Use = "form"
	Link        Use = "link"
	Server      Use = "server"
)

// Kind is how browsers load the target of a use.
type Kind uint8

// The kinds.
const (
	Reading    Kind = iota // with CORS, because script reads the response
	Always                 // with CORS, even though it is a tag or a style rule
	Tag                    // without CORS, unless the tag has the crossorigin attribute
	Blind                  // without CORS; script never gets the response
	SameOrigin             // only from the page's origin
	Navigation             // the browser goes there, away from the page or in a frame
	Handshake              // with the protocol of WebSocket
	Outside                // not by a browser
)

// kindTexts says for the guide whether each kind needs CORS for another origin.
var kindTexts = [...]string{
	Reading:    "**yes**",
	Always:     "**yes**, always",
	Tag:        "no; **yes** with `crossorigin`",
	Blind:      "no",
	SameOrigin: "not possible: only from the page's own origin",
	Navigation: "no",
	Handshake:  "no; the server checks `Origin`",
	Outside:    "no",
}

// String says whether a URL of another origin needs CORS, in Markdown.
func (k Kind) String() string { return kindTexts[k] }

// Usage describes a use.
type Usage struct {
	Use  Use
	What string // for the guide, in Markdown
	Kind Kind
}

// Uses lists all uses, in the order of the guide.
var Uses = []Usage{
	{Fetch, "`fetch()`, WebAssembly streaming", Reading},
	{XHR, "`XMLHttpRequest`, and the libraries built on it", Reading},
	{EventSource, "`EventSource`: server-sent events", Reading},
	{WebSocket, "`WebSocket`", Handshake},
	{Image, "`<img>`, `background-image`, a favicon: an image that is shown", Tag},
	{Media, "`<video>`, `<audio>`", Tag},
	{Script, "`<script>`", Tag},
	{Style, "`<link rel=stylesheet>`, `@import`", Tag},
	{Canvas, "an image, a video or sound that script reads with a canvas, WebGL or Web Audio; it needs `crossorigin`", Always},
	{Track, "`<track>`: subtitles; the `<video>` needs `crossorigin`", Always},
	{Module, "`<script type=module>`, `import`, `modulepreload`", Always},
	{Font, "`@font-face`, CSS masks and shapes", Always},
	{Manifest, "`<link rel=manifest>`", Always},
	{Worker, "`new Worker()`, a service worker, `<use href>` in an SVG", SameOrigin},
	{Beacon, "`navigator.sendBeacon()`, `<a ping>`", Blind},
	{Frame, "`<iframe>`, `<embed>`, `<object>`", Navigation},
	{Form, "`<form>`", Navigation},
	{Link, "`<a>`, `window.open()`, `location = …`", Navigation},
	{Server, "code on the page's server, such as a server component", Outside},
}

// UseNames returns the names of all uses, in the order of the guide.
func UseNames() []string {
	names := make([]string, len(Uses))
	for i := range Uses {
		names[i] = string(Uses[i].Use)
	}
	return names
}

func usageOf(u Use) (*Usage, error) {
	for i := range Uses {
		if Uses[i].Use == u {
			return &Uses[i], nil
		}
	}
	names := UseNames()
	if meant := meantUse(string(u), names); meant != "" {
		return nil, fmt.Errorf("--use %q is not one of the uses; did you mean %s?", u, meant)
	}
	return nil, fmt.Errorf("--use %q is not one of %s", u, strings.Join(names, ", "))
}

// otherNames are what people call some uses.
var otherNames = map[string]Use{
	"image": Image, "picture": Image, "background": Image, "favicon": Image, "video": Media, "audio": Media, "js": Script, "javascript": Script,
	"css": Style, "stylesheet": Style, "webgl": Canvas, "subtitles": Track, "import": Module, "esm": Module, "woff": Font, "woff2": Font,
	"webfont": Font, "serviceworker": Worker, "service-worker": Worker, "frame": Frame, "embed": Frame, "object": Frame, "a": Link,
	"navigation": Link, "ajax": XHR, "axios": XHR, "xmlhttprequest": XHR, "sse": EventSource, "ws": WebSocket, "wss": WebSocket, "sendbeacon": Beacon,
	"ssr": Server, "node": Server,
}

// meantUse returns the use that is most likely meant, or "".
func meantUse(name string, names []string) string {
	name = strings.ToLower(name)
	if use, ok := otherNames[name]; ok {
		return string(use)
	}
	return similar.Nearest(name, names, nil)
}
