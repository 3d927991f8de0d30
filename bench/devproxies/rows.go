//go:build linux

package main

import (
	"bufio"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// checks are the rows of the table, in its order.
func checks() []check {
	return slices.Concat(routingChecks(), failureChecks(), originChecks(), rewritingChecks(), streamChecks(), protocolChecks())
}

// inPath are the proxies to which a request names its server by itself.
var inPath = []string{"cors-anywhere"}

func routingChecks() []check {
	return []check{
		{name: "a request of the page arrives", run: func(t *trial) outcome { return t.get("/x").isFromServer() }},
		{name: "`/api` does not take `/apifoo`", not: inPath, run: func(t *trial) outcome {
			a := t.get("foo")
			return first(a.answered(), when(len(t.server.requests()) == 0, "forwarded"))
		}},
		{name: "reaches `localhost` if that is `::1` only", target: func(b *bed) string { return b.six.origin }, run: func(t *trial) outcome {
			return t.get("/x").isFromServer()
		}},
		{name: "`?q=a;b` arrives as it is", run: target("/x?q=a;b")},
		{name: "`/a//b` arrives as it is", run: target("/a//b")},
		{name: "`/a%2Fb` arrives as it is", run: target("/a%2Fb")},
		{name: "plain OPTIONS arrives", run: func(t *trial) outcome {
			_, wrong := t.arrived(t.ask(http.MethodOptions, "/x"))
			return wrong
		}},
		{name: "OPTIONS that is not a preflight arrives", run: func(t *trial) outcome {
			_, wrong := t.arrived(t.ask(http.MethodOptions, "/x", "Origin: http://"+t.address, "Sec-Fetch-Site: same-origin"))
			return wrong
		}},
		{name: "forged `X-Forwarded-*` do not arrive", run: func(t *trial) outcome {
			r, wrong := t.arrived(t.ask(http.MethodGet, "/x", "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https", "Forwarded: for=6.6.6.6"))
			if wrong != right {
				return wrong
			}
			return when(!strings.Contains(r.head, "6.6.6.6") && !strings.Contains(r.head, "evil.example") && r.Header.Get("X-Forwarded-Proto") != "https", "forwarded")
		}},
	}
}

func failureChecks() []check {
	down := func(b *bed) string { return b.nobody }
	return []check{
		{name: "server down: 502 or 504", target: down, run: func(t *trial) outcome {
			a := t.get("/x")
			return first(a.answered(), when(a.status == http.StatusBadGateway || a.status == http.StatusGatewayTimeout, "%d", a.status))
		}},
		{name: "server down: the answer says what does not listen", target: down, run: func(t *trial) outcome {
			a := t.get("/x")
			return first(a.answered(), when(strings.Contains(a.body, hostOf(t.setting.target)), "no cause"))
		}},
		{name: "server down: a page on its own origin can read that", target: down, crossOrigin: true, run: func(t *trial) outcome {
			return t.ask(http.MethodGet, "/x", fromPage(pageOrigin)...).allowsPage()
		}},
		{name: "the server closes without an answer: 502 or 504", run: func(t *trial) outcome {
			a := t.get("/dies")
			return first(t.alive(), a.answered(), when(a.status == http.StatusBadGateway || a.status == http.StatusGatewayTimeout, "%d", a.status))
		}},
		{name: "the server breaks off: so does the answer", run: func(t *trial) outcome {
			a := t.get("/dies-later")
			return first(t.alive(), when(a.err != nil, "looks complete"))
		}},
	}
}

func originChecks() []check {
	preflight := func(origin string) func(t *trial) answer {
		return func(t *trial) answer {
			return t.ask(http.MethodOptions, "/x", "Origin: "+origin, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: content-type")
		}
	}
	return []check{
		{name: "`Host: evil.example` is refused", run: func(t *trial) outcome { return t.refused(t.ask(http.MethodGet, "/x", "Host: evil.example")) }},
		{name: "that answer says which host to allow", run: func(t *trial) outcome {
			a := t.ask(http.MethodGet, "/x", "Host: evil.example")
			return first(t.refused(a), when(strings.Contains(a.body, "evil.example"), "no cause"))
		}},
		{name: "a foreign page's POST is refused", run: func(t *trial) outcome {
			return t.refused(t.ask(http.MethodPost, "/x", append(fromPage(foreign), "Content-Type: text/plain", "Content-Length: 0")...))
		}},
		{name: "a foreign page's WebSocket is refused", run: func(t *trial) outcome {
			return t.refused(t.ask(http.MethodGet, "/socket", append(handshake, "Origin: "+foreign)...))
		}},
		{name: "other servers cannot be reached", run: func(t *trial) outcome {
			other := t.bed.six
			t.send(http.MethodGet, "GET "+strings.Replace(other.origin, "localhost", "[::1]", 1)+"/x HTTP/1.1\r\nHost: "+t.address+"\r\n\r\n")
			t.send(http.MethodGet, "GET /http://"+strings.Replace(hostOf(other.origin), "localhost", "[::1]", 1)+"/x HTTP/1.1\r\nHost: "+t.address+"\r\n\r\n")
			return when(len(other.requests()) == 0, "an open proxy")
		}},
		{name: "the page's POST has the Origin of the server", run: func(t *trial) outcome {
			r, wrong := t.arrived(t.ask(http.MethodPost, "/x", append(t.fromOwnPage(), "Origin: http://"+t.address, "Content-Length: 0")...))
			if wrong != right {
				return wrong
			}
			return when(r.Header.Get("Origin") == t.server.origin && r.Host == hostOf(t.server.origin), "another Origin than Host")
		}},
		{name: "page elsewhere: the server's `*` becomes its origin", crossOrigin: true, run: func(t *trial) outcome {
			return t.ask(http.MethodGet, "/wide-open", fromPage(pageOrigin)...).allowsPage()
		}},
		{name: "page elsewhere: it can read a 500", crossOrigin: true, run: func(t *trial) outcome {
			return t.ask(http.MethodGet, "/broken", fromPage(pageOrigin)...).allowsPage()
		}},
		{name: "page elsewhere: it can read a 400 of the proxy itself", crossOrigin: true, run: func(t *trial) outcome {
			a := t.ask(http.MethodGet, "/x", append(fromPage(pageOrigin), "Bad Name: x")...)
			return first(a.has(http.StatusBadRequest), a.allowsPage())
		}},
		{name: "page elsewhere: `Vary: Origin`, once", crossOrigin: true, run: func(t *trial) outcome {
			vary := strings.Join(t.ask(http.MethodGet, "/vary", fromPage(pageOrigin)...).header["Vary"], ", ")
			return when(strings.Count(strings.ToLower(vary), "origin") == 1, "`%s`", vary)
		}},
		{name: "page elsewhere: its preflight is allowed", crossOrigin: true, run: func(t *trial) outcome {
			a := preflight(pageOrigin)(t)
			return first(a.allowsPage(), when(a.status/100 == 2, "%d", a.status), when(strings.Contains(a.header.Get("Access-Control-Allow-Methods"), "PUT"), "not the method"),
				when(strings.Contains(strings.ToLower(a.header.Get("Access-Control-Allow-Headers")), "content-type"), "not the header"))
		}},
		{name: "a foreign page gets no CORS headers", crossOrigin: true, run: func(t *trial) outcome {
			return t.ask(http.MethodGet, "/wide-open", fromPage(foreign)...).allowsNobody()
		}},
		{name: "a foreign page's preflight is not allowed", crossOrigin: true, run: func(t *trial) outcome { return preflight(foreign)(t).allowsNobody() }},
	}
}

// cookie returns the Set-Cookie line with a text in it.
func (a answer) cookie(text string) (string, outcome) {
	for _, line := range a.header["Set-Cookie"] {
		if strings.Contains(line, text) {
			return line, right
		}
	}
	return "", first(a.answered(), "no cookie")
}

// lacks returns a check that a cookie arrives without an attribute.
func lacks(path, cookie string, attributes ...string) func(t *trial) outcome {
	return func(t *trial) outcome {
		line, wrong := t.get(path).cookie(cookie)
		for _, a := range attributes {
			wrong = first(wrong, when(!strings.Contains(strings.ToLower(line), strings.ToLower(a)), "`%s`", a))
		}
		return wrong
	}
}

func rewritingChecks() []check {
	return []check{
		{name: "cookies lose the Domain of the server", run: lacks("/cookies", "wide=1", "Domain")},
		{name: "cookies lose `Secure` over http", run: lacks("/cookies", "secure=1", "; Secure")},
		{name: "`SameSite=None; Partitioned` work over http", run: lacks("/cookies", "none=1", "Secure", "SameSite=None", "Partitioned")},
		{name: "`__Host-` cookies work over http, and return", run: hostCookie},
		{name: "the Path of a cookie is that of the browser", strip: true, run: func(t *trial) outcome {
			line, wrong := t.get("/cookie-path").cookie("path=1")
			return first(wrong, when(strings.Contains(line, "="+t.pathTo("/users")), "another path"))
		}},
		{name: "redirects to the server lead to the proxy", run: func(t *trial) outcome {
			return t.redirects("/moved", "http://"+t.address+t.pathTo("/there"), t.pathTo("/there"))
		}},
		{name: "redirects have the prefix that was removed", strip: true, run: func(t *trial) outcome {
			return t.redirects("/moved-path", t.pathTo("/there"), "http://"+t.address+t.pathTo("/there"))
		}},
		{name: "`Refresh` and `Link` lead to the proxy", run: func(t *trial) outcome {
			a := t.get("/refresh")
			wanted := "http://" + t.address + t.pathTo("/there")
			return first(a.answered(), when(a.header.Get("Refresh") == "0; url="+wanted && a.header.Get("Link") == "<"+wanted+">; rel=next", "leave the proxy"))
		}},
	}
}

// hostCookie checks that a browser stores a cookie with the prefix __Host- without
// https, and that the server gets it by its name.
func hostCookie(t *trial) outcome {
	line, wrong := t.get("/cookies").cookie("__Host-id")
	if wrong != right {
		return wrong
	}
	pair, attributes, _ := strings.Cut(line, ";")
	if strings.HasPrefix(pair, "__Host-") || strings.Contains(attributes, "Secure") {
		return "not stored"
	}
	t.server.requests()
	r, wrong := t.arrived(t.ask(http.MethodGet, "/x", "Cookie: "+pair))
	if wrong != right {
		return wrong
	}
	return when(r.Header.Get("Cookie") == "__Host-id=1", "another name")
}

// redirects checks where a redirect leads.
func (t *trial) redirects(rest string, wanted ...string) outcome {
	a := t.get(rest)
	return first(a.answered(), when(a.status == http.StatusFound, "follows it itself"), when(slices.Contains(wanted, a.header.Get("Location")), "leaves the proxy"))
}

// handshake begins a WebSocket, for the key of which the server knows the answer.
var handshake = []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}

func streamChecks() []check {
	return []check{
		{name: "the first event arrives at once", run: func(t *trial) outcome { return t.events(func(_ *received) outcome { return right }) }},
		{name: "the server sees that the client has left", run: func(t *trial) outcome {
			return t.events(func(r *received) outcome {
				select {
				case <-r.left:
					return right
				case <-time.After(patience):
					return "never"
				}
			})
		}},
		{name: "uploads arrive while they are sent", run: func(t *trial) outcome {
			conn, err := t.dial()
			if err != nil {
				return "no answer"
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, t.head(http.MethodPost, "/upload", append(t.fromOwnPage(), "Content-Length: 10")...)+"first")
			r := t.server.awaitRequest()
			if r == nil {
				return "not forwarded"
			}
			select {
			case got := <-r.got:
				_, _ = io.WriteString(conn, "after")
				return first(when(got == "first", "`%s`", got), read(bufio.NewReader(conn), http.MethodPost).has(http.StatusOK))
			case <-time.After(patience):
				return "only at the end"
			}
		}},
		{name: "WebSocket echo", run: func(t *trial) outcome {
			conn, err := t.dial()
			if err != nil {
				return "no answer"
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, t.head(http.MethodGet, "/socket", append(handshake, "Origin: http://"+t.address)...))
			in := bufio.NewReader(conn)
			if wrong := read(in, http.MethodGet).has(http.StatusSwitchingProtocols); wrong != right {
				return wrong
			}
			_, _ = io.WriteString(conn, "hello")
			echo := make([]byte, 5)
			_, err = io.ReadFull(in, echo)
			return when(err == nil && string(echo) == "hello", "no echo")
		}},
	}
}

// events reads an event of a stream, leaves, and then calls after.
func (t *trial) events(after func(r *received) outcome) outcome {
	conn, err := t.dial()
	if err != nil {
		return "no answer"
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, t.head(http.MethodGet, "/events", append(t.fromOwnPage(), "Accept: text/event-stream")...))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return "nothing arrives"
	}
	event := make([]byte, len("data: 1\n\n"))
	_, err = io.ReadFull(res.Body, event)
	_ = conn.Close()
	_ = res.Body.Close()
	r := t.server.awaitRequest()
	if err != nil || r == nil {
		return "nothing arrives"
	}
	return after(r)
}

func protocolChecks() []check {
	return []check{
		{name: "103 Early Hints", run: func(t *trial) outcome {
			a := t.get("/hints")
			return first(a.answered(), when(slices.Contains(a.interim, http.StatusEarlyHints), "lost"))
		}},
		{name: "trailers", run: func(t *trial) outcome {
			a := t.ask(http.MethodGet, "/trailers", append(t.fromOwnPage(), "TE: trailers", "Connection: TE")...)
			return first(a.answered(), when(a.trailer.Get("X-Sum") == "7", "lost"))
		}},
		{name: "Content-Length beside chunks: refused, or safe", run: func(t *trial) outcome {
			a := t.send(http.MethodPost, t.head(http.MethodPost, "/x", append(t.fromOwnPage(), "Content-Length: 6", "Transfer-Encoding: chunked")...)+"0\r\n\r\nG")
			seen := t.server.requests()
			if len(seen) == 0 {
				return a.has(http.StatusBadRequest)
			}
			safe := len(seen) == 1 && !(strings.Contains(seen[0].head, "Content-Length") && strings.Contains(seen[0].head, "Transfer-Encoding"))
			return first(when(safe, "both arrive"), when(a.closed, "the connection goes on"))
		}},
		{name: "folded header line: refused, or one line", run: func(t *trial) outcome {
			a := t.ask(http.MethodGet, "/x", append(t.fromOwnPage(), "X-Folded: a", " b")...)
			seen := t.server.requests()
			if len(seen) == 0 {
				return a.has(http.StatusBadRequest)
			}
			return when(!strings.Contains(seen[0].head, "\n "), "folded")
		}},
	}
}
