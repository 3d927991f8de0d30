package conformance

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/bytestr"
	"github.com/corsac-dev/corsac/internal/statusline"
)

// listeners are the ports on which the recording's server listened, all on
// loopback.
var listeners = map[string]string{
	"http:4100": "http://localhost:4100", "http:4101": "http://localhost:4101", "http:4102": "http://127.0.0.1:4102",
	"http:4103": "http://127.0.0.1:4103", "https:4104": "https://localhost:4104", "https:4105": "https://localhost:4105",
	"http:": "http://localhost", "https:": "https://localhost",
	"http:4106": "http://app.corsac.test:4106", "http:4107": "http://api.corsac.test:4107", "http:4108": "http://other.test:4108",
	"https:4109": "https://app.corsac.test:4109", "https:4110": "https://api.corsac.test:4110", "https:4111": "https://other.test:4111",
}

// player is the network of one case: the responses of its servers, and the
// requests that they saw.
type player struct {
	c    *Case
	hops []Hop
	seen []Wire
	full bool // whether to compare all headers
	own  map[string]bool
	// step and log are for a [Host], which records requests by step.
	step int
	log  [][]Wire
	// strict says that the browser's parser drops lines with white space before
	// the colon.
	strict bool
}

// Replay plays a case to a browser of the profile, step by step in one
// document. It returns the outcome of each step and the requests that the
// servers saw.
func Replay(c *Case, profile fetch.Profile) (out []*fetch.Outcome, wire [][]Wire, err error) {
	now := time.Unix(1_000_000_000, 0)
	b := fetch.New(fetch.Config{Profile: profile, Now: func() time.Time { return now }})
	page, err := fetch.NewPage(pageOf(c))
	if err != nil {
		return nil, nil, err
	}
	p := &player{
		c: c, hops: c.Hops, full: full(c), strict: profile == fetch.Firefox,
	}
	for i := range c.Steps {
		s := &c.Steps[i]
		now = now.Add(time.Duration(s.DelayMS) * time.Millisecond)
		p.begin(s)
		o := b.Fetch(context.Background(), page, requestOf(&s.Request), p.exchange)
		out, wire = append(out, o), append(wire, p.seen)
		// A browser is not infinitely fast: an entry with a lifetime of zero
		// has expired by the next request.
		now = now.Add(time.Millisecond)
	}
	return out, wire, nil
}

// full reports whether all headers of requests were recorded.
func full(c *Case) bool {
	return c.Family == "wire" || c.Family == "cachemode" || strings.HasPrefix(c.Family, "gen-")
}

// begin starts a step.
func (p *player) begin(s *Step) {
	if s.Hops != nil {
		p.hops = s.Hops
	}
	p.seen = nil
	p.own = map[string]bool{}
	for _, h := range s.Request.Headers {
		name := strings.ToLower(h[0])
		// In no-cors mode, the browser's own Priority replaces that of script.
		p.own[name] = p.own[name] || name != "priority" || s.Request.Mode != "no-cors"
	}
}

// pageOf returns the document in which the recording ran.
func pageOf(c *Case) fetch.PageConfig {
	from := c.Origin
	if from == "null" {
		from = "http://localhost:4100"
	}
	path := "/runner"
	if c.Policy != "" {
		path += "/" + c.Policy
	}
	return fetch.PageConfig{Origin: c.Origin, URL: from + path + "?who=" + c.Page, ReferrerPolicy: c.Policy}
}

var destinations = map[string]fetch.Destination{
	"fetch": fetch.DestinationFetch, "xhr": fetch.DestinationXHR, "img": fetch.DestinationImage,
	"script": fetch.DestinationScript, "module": fetch.DestinationModule, "style": fetch.DestinationStyle,
	"font": fetch.DestinationFont, "eventsource": fetch.DestinationEventSource,
}

func requestOf(r *Request) *fetch.Request {
	q := &fetch.Request{
		URL: r.URL,
		Options: fetch.Options{
			Mode: fetch.Mode(r.Mode), Credentials: fetch.Credentials(r.Credentials), Redirect: r.Redirect,
			Cache: r.Cache, Destination: destinations[r.API], ReferrerPolicy: r.ReferrerPolicy, CrossOrigin: r.CrossOrigin, UploadListener: r.UploadListener,
		},
	}
	if r.Method != nil {
		q.Method = cmp.Or(latin1(*r.Method), fetch.EmptyMethod)
	}
	for _, h := range r.Headers {
		q.Headers = append(q.Headers, fetch.Header{Name: latin1(h[0]), Value: latin1(h[1])})
	}
	if r.Body != nil {
		q.Body = &fetch.Body{Kind: fetch.BodyKind(r.Body.Kind), Type: latin1(r.Body.Type)}
	}
	return q
}

// Failures of the recording's network.
var (
	errNoServer = errors.New("nothing listens there")
	errAborted  = errors.New("the server closed the connection")
	errHTTP1    = errors.New("the server has no HTTP/2")
	errNotHTTP  = errors.New("the status line is not one of HTTP")
)

// exchange answers as the recording's server did.
func (p *player) exchange(_ context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
	u, err := url.Parse(w.URL)
	if err != nil {
		return nil, &fetch.NetError{Code: fetch.CodeNameNotResolved, Err: err}
	}
	switch host := u.Hostname(); {
	case host == "localhost", host == "127.0.0.1", host == "::1", strings.HasSuffix(host, ".test"):
	default:
		return nil, &fetch.NetError{Code: fetch.CodeNameNotResolved, Err: errNoServer}
	}
	at, ok := listeners[u.Scheme+":"+u.Port()]
	if !ok {
		if _, plain := listeners["http:"+u.Port()]; plain {
			return nil, &fetch.NetError{Code: fetch.CodeConnectionClosed, Err: errNoServer}
		}
		return nil, &fetch.NetError{Code: fetch.CodeConnectionRefused, Err: errNoServer}
	}
	if w.Body != nil && w.Body.Kind == fetch.BodyStream {
		return nil, &fetch.NetError{Code: fetch.CodeALPN, Err: errHTTP1}
	}
	resp := p.answer(u, at, w)
	if resp.Abort {
		code := fetch.CodeConnectionReset
		if u.Scheme == "https" {
			code = "net::ERR_EMPTY_RESPONSE"
		}
		return nil, &fetch.NetError{Code: code, Err: errAborted}
	}
	return p.render(resp, w.Method)
}

var hopPath = regexp.MustCompile(`^/c/([A-Za-z0-9_.-]+)/([0-9]+)$`)

// answer returns the response to a request and records the request.
func (p *player) answer(u *url.URL, at string, w *fetch.WireRequest) *Resp {
	m := hopPath.FindStringSubmatch(u.Path)
	if m == nil || m[1] != p.c.ID {
		return &Resp{Status: 404}
	}
	hop, err := strconv.Atoi(m[2])
	if err != nil {
		return &Resp{Status: 404}
	}
	p.seen = append(p.seen, p.record(u, at, hop, w))
	if hop >= len(p.hops) {
		return &Resp{Status: 404}
	}
	resp := p.hops[hop].Actual
	if w.Kind == fetch.KindPreflight {
		resp = p.hops[hop].Preflight
	}
	if resp == nil {
		return &Resp{Status: 404}
	}
	return resp
}

// noise are headers that the recording omits unless script set them.
var noise = map[string]bool{
	"accept": true, "accept-language": true, "referer": true, "pragma": true, "cache-control": true, "sec-fetch-dest": true,
	"sec-fetch-mode": true, "sec-fetch-site": true, "sec-fetch-storage-access": true,
}

var boundary = regexp.MustCompile(`^(multipart/form-data; boundary=)----.*$`)

func (p *player) record(u *url.URL, at string, hop int, w *fetch.WireRequest) Wire {
	s := Wire{Hop: hop, At: at, Kind: string(w.Kind), Method: bytestr.Decode(w.Method), Query: u.RawQuery}
	// The cookie is secure.
	s.Cookie = w.Credentials && (strings.HasPrefix(at, "https:") || !strings.Contains(at, ".test:"))
	for _, h := range w.Headers {
		name, value := strings.ToLower(h.Name), bytestr.Decode(h.Value)
		switch name {
		case "origin":
			s.Origin = value
		case "access-control-request-method":
			s.ACRM = value
		case "access-control-request-headers":
			s.ACRH = value
		case "accept-encoding", "dnt", "sec-gpc", "te":
		case "sec-fetch-storage-access":
			// Firefox omits it where it allows third-party cookies, as it does
			// for recordings.
			if p.full && !p.strict {
				s.Headers = append(s.Headers, KV{name, value})
			}
		case "priority": // Firefox has one of its own
			if p.own[name] && w.Kind == fetch.KindActual {
				s.Headers = append(s.Headers, KV{name, value})
			}
		default:
			if p.full || !noise[name] || p.own[name] {
				s.Headers = append(s.Headers, KV{name, boundary.ReplaceAllString(value, "${1}B")})
			}
		}
	}
	return s
}

// render returns the head of the response as an HTTP parser would.
func (p *player) render(r *Resp, method string) (*fetch.WireResponse, error) {
	out := &fetch.WireResponse{Status: r.Status}
	if r.Line != "" {
		head, err := p.readLine(out, latin1(r.Line), method)
		if err != nil || !head {
			return out, err
		}
	}
	for _, h := range r.Headers {
		name := strings.TrimRight(latin1(h[0]), " \t")
		if p.strict && len(name) != len(h[0]) {
			continue
		}
		out.Headers = append(out.Headers, fetch.Header{Name: name, Value: latin1(h[1])})
	}
	if !out.Headers.Has("Content-Length") && r.Status != 204 && r.Status != 304 && r.Status >= 200 {
		out.Headers = append(out.Headers, fetch.Header{Name: "Content-Length", Value: strconv.Itoa(len(latin1(r.Body)))})
	}
	return out, nil
}

// looksLikeHTTP is how lines begin in which Firefox recognises HTTP.
var looksLikeHTTP = regexp.MustCompile(`(?i)^(http/1\.|http/2|icy )`)

// readLine reads a status line of the server's own. It returns false if the
// browser takes what follows for the body, which it does not accept of PUT;
// Firefox does if the line begins as one of HTTP.
func (p *player) readLine(out *fetch.WireResponse, line, method string) (head bool, err error) {
	read := statusline.Chromium
	if p.strict {
		read = statusline.Firefox
	}
	var ok bool
	out.Status, head, ok = read(line)
	switch {
	case ok && (head || method != "PUT" || p.strict && looksLikeHTTP.MatchString(line)):
		return head, nil
	case ok && !p.strict:
		return head, &fetch.NetError{Code: "net::ERR_METHOD_NOT_SUPPORTED", Err: errNotHTTP}
	case p.strict:
		return head, &fetch.NetError{Code: fetch.CodeFailed, Err: errNotHTTP}
	}
	return head, &fetch.NetError{Code: fetch.CodeInvalidResponse, Err: errNotHTTP}
}
