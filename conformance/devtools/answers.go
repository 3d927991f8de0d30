package main

import (
	_ "embed"
	"fmt"
	"strings"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed frame.html
	frameHTML string
	//go:embed requests.js
	requestsJS string
)

// pixel is a GIF of one pixel.
const pixel = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00" +
	"\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// reply is a response.
type reply struct {
	status  int
	headers [][2]string
	body    string

	abort  bool // resets the connection instead
	socket bool // opens a WebSocket instead
	last   bool // closes the connection afterwards
}

// bytes returns the response to a method as it is sent.
func (r *reply) bytes(method string) []byte {
	var b strings.Builder
	text := map[int]string{
		200: "OK", 204: "No Content", 302: "Found", 307: "Temporary Redirect", 403: "Forbidden", 404: "Not Found",
		405: "Method Not Allowed", 500: "Internal Server Error",
	}
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", r.status, text[r.status])
	for _, h := range r.headers {
		b.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	if r.last {
		b.WriteString("Connection: close\r\n")
	} else if r.status != 204 {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.body))
	}
	b.WriteString("\r\n")
	if r.status != 204 && method != "HEAD" {
		b.WriteString(r.body)
	}
	return []byte(b.String())
}

// with returns the reply with one more header.
func (r *reply) with(name, value string) *reply {
	r.headers = append(r.headers, [2]string{name, value})
	return r
}

// typed returns a reply of a media type.
func typed(status int, media, body string) *reply {
	return (&reply{status: status, body: body}).with("Content-Type", media)
}

// data returns the reply of an API.
func data(status int) *reply {
	body := `{"ok":true,"name":"żubr"}`
	if status >= 400 {
		body = `{"error":"no"}`
	}
	return typed(status, "application/json; charset=utf-8", body)
}

// allow lets the origin of a request read a reply.
func allow(r *reply, a *arrived) *reply {
	origin := a.Headers.Get("Origin")
	if origin == "" {
		origin = pageOrigin
	}
	return r.with("Access-Control-Allow-Origin", origin).with("Vary", "Origin")
}

// answer returns the reply to a request for a path. Paths are named after the
// requests.
func answer(path string, a *arrived) *reply {
	if a.preflight() {
		return preflight(path, a)
	}
	if r := document(path); r != nil {
		return r
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), ".")
	switch {
	case strings.HasPrefix(name, "same-origin"):
		return data(200).with("Set-Cookie", "own=1; SameSite=Lax")
	case strings.HasPrefix(name, "redirect"):
		return redirect(name, a)
	case strings.HasPrefix(name, "credentials"), strings.HasSuffix(name, "-credentials"), name == "eventsource":
		return authorized(name, a)
	case strings.HasSuffix(name, "-no-acao"), strings.HasPrefix(name, "no-cors"), name == "no-acao", name == "beacon":
		return media(name)
	}
	switch name {
	case "login":
		return authorized(name, a).with("Set-Cookie", `session=s%20"1; SameSite=None; Secure`)
	case "mismatch":
		return data(200).with("Access-Control-Allow-Origin", "https://app.example.com")
	case "multiple":
		return data(200).with("Access-Control-Allow-Origin", pageOrigin).with("Access-Control-Allow-Origin", "*")
	case "error-500":
		return typed(500, "text/plain", "boom\n")
	case "error-404":
		return allow(data(404), a)
	case "reset":
		return &reply{abort: true}
	case "websocket":
		return &reply{socket: true}
	case "websocket-refused":
		return typed(403, "text/plain", "not from there\n")
	}
	return allow(media(name), a).with("Access-Control-Expose-Headers", "X-Total").with("X-Total", "7")
}

// document returns a file of the page's own server, or nil.
func document(path string) *reply {
	switch path {
	case "/":
		return typed(200, "text/html; charset=utf-8", pageHTML)
	case "/frame":
		return typed(200, "text/html; charset=utf-8", frameHTML)
	case "/requests.js":
		return typed(200, "text/javascript; charset=utf-8", requestsJS)
	}
	return nil
}

// media returns a reply of the kind that a name begins with, without CORS
// headers.
func media(name string) *reply {
	switch kind, _, _ := strings.Cut(name, "-"); kind {
	case "image":
		return typed(200, "image/gif", pixel)
	case "script", "module":
		return typed(200, "text/javascript", "void 0;\n")
	case "style":
		return typed(200, "text/css", "b { color: red }\n")
	case "font":
		return typed(200, "font/woff2", "no font")
	case "eventsource":
		r := typed(200, "text/event-stream", "id: 1\nevent: tick\ndata: {\"n\":1}\n\n")
		r.last = true
		return r
	}
	return data(200)
}

// authorized returns the reply to a request with credentials.
func authorized(name string, a *arrived) *reply {
	r := media(name)
	if name == "credentials-star" {
		return r.with("Access-Control-Allow-Origin", "*")
	}
	if r = allow(r, a); name != "credentials-refused" {
		r.with("Access-Control-Allow-Credentials", "true")
	}
	return r.with("Set-Cookie", "fresh=1; SameSite=None; Secure; HttpOnly")
}

// redirect returns the reply of a chain of redirects, which ends at NAME-end.
func redirect(name string, a *arrived) *reply {
	to := map[string]string{
		"redirect":              otherOrigin + "/redirect-end",
		"redirect-chain":        apiOrigin + "/redirect-chain-middle",
		"redirect-chain-middle": otherOrigin + "/redirect-chain-end",
		"redirect-no-acao":      otherOrigin + "/redirect-no-acao-end",
		"redirect-post":         otherOrigin + "/redirect-post-end",
		"redirect-same-origin":  apiOrigin + "/redirect-same-origin-end",
	}[name]
	switch {
	case name == "redirect-no-acao-end":
		return data(200)
	case to == "":
		return allow(data(200), a)
	}
	return allow(&reply{status: 302}, a).with("Location", to)
}

// preflight returns the reply to a preflight.
func preflight(path string, a *arrived) *reply {
	r := &reply{status: 204}
	switch path {
	case "/preflight-405":
		return allow(typed(405, "text/plain", "no such method\n"), a).with("Allow", "GET, PUT")
	case "/preflight-redirect":
		return allow(&reply{status: 302}, a).with("Location", apiOrigin+"/get")
	case "/preflight-no-acao":
		return r
	case "/preflight-header":
		return allow(r, a).with("Access-Control-Allow-Headers", "X-Other")
	case "/preflight-method":
		return allow(r, a).with("Access-Control-Allow-Methods", "GET, PUT")
	}
	r = allow(r, a).with("Access-Control-Allow-Methods", a.Headers.Get("Access-Control-Request-Method"))
	if names := a.Headers.Get("Access-Control-Request-Headers"); names != "" {
		r.with("Access-Control-Allow-Headers", names)
	}
	if strings.HasPrefix(path, "/credentials") {
		r.with("Access-Control-Allow-Credentials", "true")
	}
	return r.with("Access-Control-Max-Age", "600")
}
