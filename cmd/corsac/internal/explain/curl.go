package explain

import (
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/har"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// The bounds of curl's output.
const (
	maxExchanges = 64
	maxHeaders   = 1000 // in one message
)

// exchange is a request and its response, as curl prints them.
type exchange struct {
	fetch.Recorded
	requested bool // the request is known
}

// heads reads the output of curl -v or curl -i.
type heads struct {
	list   []*exchange
	secure bool   // curl spoke TLS
	port   string // that curl connected to, if no URL is known
	host   string
	in     *fetch.Headers // the message that header lines belong to
	body   bool           // after the head of a response without marks
	url    string         // of the command, if it is there
	method string
	sent   fetch.Headers
}

var (
	requestLine = lazyregexp.New(`^([A-Z]{3,10}) (\S+) HTTP/[0-9.]+\s*$`)
	statusLine  = lazyregexp.New(`^HTTP/[0-9.]+ ([1-5][0-9]{2})(?: .*)?$`)
	headerLine  = lazyregexp.New("^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$")
	connected   = lazyregexp.New(`Connected to (\S+) \([^)]*\) port ([0-9]+)`)
	spokeTLS    = lazyregexp.New(`(?:SSL connection using|TLS handshake|ALPN: server accepted)`)
)

// curl explains the output of curl -v or curl -i, or nil if input is not that.
func (e *explainer) curl(input []byte) *Explanation {
	text := string(input[:min(len(input), maxText)])
	if !strings.Contains(text, "HTTP/") {
		return nil
	}
	h := &heads{}
	for line := range strings.Lines(ansi.Get().ReplaceAllString(text, "")) {
		h.line(strings.TrimRight(line, "\r\n"))
	}
	exchanges := h.complete()
	if len(exchanges) == 0 {
		return nil
	}
	return e.exchanges(exchanges)
}

// line reads one line.
func (h *heads) line(line string) {
	mark, rest := "", line
	if len(line) > 1 && line[1] == ' ' && strings.ContainsRune("<>*", rune(line[0])) {
		mark, rest = line[:1], line[2:]
	} else if line == "<" || line == ">" {
		mark, rest = line, ""
	}
	switch {
	case mark == "*":
		h.info(rest)
	case mark == ">" && requestLine.MatchString(rest):
		m := requestLine.FindStringSubmatch(rest)
		h.begin(m[1], m[2])
	case mark != ">" && statusLine.MatchString(rest):
		h.respond(statusLine.FindStringSubmatch(rest)[1])
	case mark == "" && isCurl(line):
		h.command(line)
	case rest == "":
		h.body = h.body || mark == "" && h.in != nil
		h.in = nil
	default:
		h.header(rest)
	}
}

// info reads what curl says about the connection.
func (h *heads) info(line string) {
	if m := connected.FindStringSubmatch(line); m != nil {
		h.host, h.port = m[1], m[2]
	}
	if spokeTLS.MatchString(line) {
		h.secure = true
	}
}

func isCurl(line string) bool {
	return strings.HasPrefix(strings.TrimLeft(line, " \t$%#"), "curl ")
}

// begin begins a request.
func (h *heads) begin(method, target string) {
	if len(h.list) == maxExchanges {
		return
	}
	x := &exchange{requested: true}
	x.Method, x.URL = method, target
	h.list = append(h.list, x)
	h.in, h.body = &x.Headers, false
}

// respond begins a response. Interim responses do not count.
func (h *heads) respond(status string) {
	code, _ := strconv.Atoi(status) // the expression has three digits
	var x *exchange
	if n := len(h.list); n > 0 && h.list[n-1].Status < 200 {
		x = h.list[n-1]
	} else if len(h.list) == maxExchanges {
		h.in = nil
		return
	} else {
		x = &exchange{}
		h.list = append(h.list, x)
	}
	x.Status, x.ResponseHeaders = code, nil
	h.in, h.body = &x.ResponseHeaders, false
}

// header reads a line of a head. What does not look like one ends the head.
func (h *heads) header(line string) {
	m := headerLine.FindStringSubmatch(line)
	if h.in == nil || h.body || m == nil || len(*h.in) == maxHeaders {
		return
	}
	*h.in = append(*h.in, fetch.Header{Name: m[1], Value: strings.TrimRight(m[2], " \t")})
}

// complete returns the exchanges that have a response, with absolute URLs.
func (h *heads) complete() []*exchange {
	list := slices.DeleteFunc(h.list, func(x *exchange) bool { return x.Status < 200 })
	for _, x := range list {
		if !x.requested {
			x.URL, x.Method, x.Headers = h.url, h.method, h.sent
			x.requested = h.url != ""
			continue
		}
		if strings.HasPrefix(x.URL, "/") {
			x.URL = h.base(x.Headers.Get("Host")) + x.URL
		}
	}
	return list
}

// base is what precedes a path: scheme and host.
func (h *heads) base(host string) string {
	if host == "" {
		host = h.host
		if h.port != "" && h.port != "80" && h.port != "443" {
			host += ":" + h.port
		}
	}
	if h.secure || h.port == "443" {
		return "https://" + host
	}
	return "http://" + host
}

// exchanges explains what curl sent and received.
func (e *explainer) exchanges(list []*exchange) *Explanation {
	var found []*Explanation
	for len(list) > 0 {
		n := together(list)
		found = append(found, e.recorded(list[:n]))
		list = list[n:]
	}
	return joined(found)
}

// together returns how many exchanges are one conversation: a preflight and the
// request after it, and redirects.
func together(list []*exchange) int {
	n := 1
	for n < len(list) {
		last, next := list[n-1], list[n]
		preflight := last.IsPreflight() && !next.IsPreflight() && last.URL == next.URL
		redirect := !last.IsPreflight() && last.Status >= 300 && last.Status < 400 && last.ResponseHeaders.Has("Location")
		if !preflight && !redirect {
			break
		}
		n++
	}
	return n
}

// recorded explains one conversation.
func (e *explainer) recorded(list []*exchange) *Explanation {
	first := list[0]
	if first.IsPreflight() && len(list) > 1 {
		first = list[1]
	}
	page, request, ok := fetch.InferRequest(&first.Recorded)
	if !ok {
		page.Origin = e.Origin
	}
	if !first.requested || page.Origin == "" {
		return e.response(first)
	}
	c := &har.Conversation{Page: page, Request: request}
	c.Recording.AssumePreflights = true
	for _, x := range list {
		c.Recording.Exchanges = append(c.Recording.Exchanges, x.Recorded)
	}
	if !ok {
		c.Notes = append(c.Notes, withoutOrigin)
	}
	v, unknown := check.New(check.Options{Profiles: []fetch.Profile{fetch.Chromium}}).Replay(c, nil)
	if v == nil {
		x := e.response(first)
		x.Notes = append(x.Notes, unknown)
		return x
	}
	return e.verdict(v, KindCurl)
}

// The notes on a request that no browser would send, and on one that is not
// known.
const (
	withoutRequest = "It does not show the request. With curl -v instead of -i, and with -H 'Origin: https://app.example.com' for the page's origin, there is more to say."
	withoutOrigin  = "The request had no Origin header, so a server that looks at it may respond differently to a browser. Send it again with -H 'Origin: https://app.example.com', with the page's origin."
)

// response explains the headers of a response to a request that had no Origin, or
// that is not known.
func (e *explainer) response(x *exchange) *Explanation {
	r := &reading{rule: &rule{}, slug: "acao-missing"}
	r.URL, r.Method, r.Origin, r.Status = clip(x.URL), clip(x.Method), e.Origin, strconv.Itoa(x.Status)
	values := x.ResponseHeaders.Values("Access-Control-Allow-Origin")
	answer := &Explanation{Slug: Allowed, Kind: KindCurl, Extract: r.Extract, Findings: []finding.Finding{}}
	switch {
	case len(values) > 1:
		r.is("duplicate-acao")
	case len(values) == 0:
		r.missing()
	case r.Origin != "" && values[0] != r.Origin && values[0] != "*", !isOrigin(values[0]):
		value := clip(values[0])
		r.Value = &value
		r.refused()
	case values[0] == "*":
		answer.Title, answer.Means = "The response allows pages of every origin", "Every page can read it, as long as the request has no credentials such as cookies."
	default:
		answer.Title = "The response allows pages of " + verdict.Printable(clip(values[0]))
		answer.Means = "The browser lets pages of that origin read it, and no others."
	}
	if answer.Title == "" {
		answer = e.explain(r)
		answer.Kind = KindCurl
	}
	switch {
	case !x.requested:
		answer.Notes = append(answer.Notes, withoutRequest)
	case !x.Headers.Has("Origin"):
		answer.Notes = append(answer.Notes, withoutOrigin)
	}
	return answer
}

// isOrigin reports whether a value allows an origin, or all.
func isOrigin(value string) bool {
	u, err := weburl.Parse(value, nil)
	return value == "*" || err == nil && u.Origin() == value
}
