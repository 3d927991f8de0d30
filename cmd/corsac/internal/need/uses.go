package need

import (
	"fmt"
	"strings"
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

// Kind is how browsers load what a use asks for.
type Kind uint8

// The kinds.
const (
	Reading    Kind = iota // with CORS, as script reads the response
	Always                 // with CORS, although it is a tag or a style rule
	Tag                    // without CORS, unless the tag has the crossorigin attribute
	Blind                  // without CORS; script never gets the response
	SameOrigin             // from the page's origin only
	Navigation             // the browser goes there, away from the page or in a frame
	Handshake              // WebSocket's own protocol
	Outside                // no browser has a part in it
)

// kindTexts say of each kind, for the guide, what it means for another origin.
var kindTexts = [...]string{
	Reading:    "**yes**",
	Always:     "**yes**, always",
	Tag:        "no; **yes** with `crossorigin`",
	Blind:      "no",
	SameOrigin: "of no use: only the page's own origin will do",
	Navigation: "no",
	Handshake:  "no; the server checks `Origin`",
	Outside:    "no",
}

// String is what the kind means for a URL of another origin, in Markdown.
func (k Kind) String() string { return kindTexts[k] }

// Usage is a use, explained.
type Usage struct {
	Use  Use
	What string // for the guide, in Markdown
	Kind Kind
}

// Uses are all uses, in the order of the guide.
var Uses = []Usage{
	{Fetch, "`fetch()`; WebAssembly streaming, too", Reading},
	{XHR, "`XMLHttpRequest`, and the libraries built on it", Reading},
	{EventSource, "`EventSource`: server-sent events", Reading},
	{WebSocket, "`WebSocket`", Handshake},
	{Image, "`<img>`, `background-image`, a favicon: an image that is shown", Tag},
	{Media, "`<video>`, `<audio>`", Tag},
	{Script, "`<script>`", Tag},
	{Style, "`<link rel=stylesheet>`, `@import`", Tag},
	{Canvas, "an image, a video or sound that script reads, by a canvas, WebGL or Web Audio; it needs `crossorigin`", Always},
	{Track, "`<track>`: subtitles; the `<video>` needs `crossorigin`", Always},
	{Module, "`<script type=module>`, `import`, `modulepreload`", Always},
	{Font, "`@font-face`; CSS masks and shapes, too", Always},
	{Manifest, "`<link rel=manifest>`", Always},
	{Worker, "`new Worker()`, a service worker, `<use href>` in an SVG", SameOrigin},
	{Beacon, "`navigator.sendBeacon()`, `<a ping>`", Blind},
	{Frame, "`<iframe>`, `<embed>`, `<object>`", Navigation},
	{Form, "`<form>`", Navigation},
	{Link, "`<a>`, `window.open()`, `location = …`", Navigation},
	{Server, "code on the page's server, such as a server component", Outside},
}

func usageOf(u Use) (*Usage, error) {
	names := make([]string, len(Uses))
	for i := range Uses {
		if Uses[i].Use == u {
			return &Uses[i], nil
		}
		names[i] = string(Uses[i].Use)
	}
	return nil, fmt.Errorf("%q is no use; it is one of %s", u, strings.Join(names, ", "))
}
