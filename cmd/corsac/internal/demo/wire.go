package demo

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// wireLimit bounds the log: that many exchanges are kept, the latest ones.
const wireLimit = 256

// runLimit bounds the length of a run's name, which the page makes up.
const runLimit = 32

// exchange is a request and its answer, as a server saw them.
type exchange struct {
	Server    string      `json:"-"` // api or gateway
	Preflight bool        `json:"preflight"`
	Method    string      `json:"method"`
	Path      string      `json:"path"`
	Status    int         `json:"status"`
	Request   [][2]string `json:"request"`
	Response  [][2]string `json:"response"`

	run string
}

// wireLog keeps what the page cannot see: what its calls were on the wire. Only
// requests that name their run, by the query parameter "run", are kept.
type wireLog struct {
	mu        sync.Mutex
	exchanges []exchange
}

// record returns h with its exchanges recorded under the name of a server.
func (l *wireLog) record(server string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		run := r.URL.Query().Get("run")
		if run == "" || len(run) > runLimit {
			h.ServeHTTP(w, r)
			return
		}
		rec := &recorder{ResponseWriter: w, log: l, exchange: exchange{
			Server: server,
			Preflight: r.Method == http.MethodOptions && r.Header.Get("Origin") != "" &&
				r.Header.Get("Access-Control-Request-Method") != "",
			Method:  r.Method,
			Path:    r.URL.Path,
			Request: requestHeaders(r),
			run:     run,
		}}
		h.ServeHTTP(rec, r)
		rec.keep(http.StatusOK) // if nothing was written
	})
}

// ServeHTTP answers with the exchanges of a run that a server had, in their order.
// What goes through corsac is in the log twice, since the API gets it too.
func (l *wireLog) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	run, server := r.URL.Query().Get("run"), r.URL.Query().Get("server")
	found := []exchange{}
	l.mu.Lock()
	for _, e := range l.exchanges {
		if e.run == run && e.Server == server {
			found = append(found, e)
		}
	}
	l.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(found) // the browser has gone, nobody is left to tell
}

func (l *wireLog) add(e exchange) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.exchanges) == wireLimit {
		l.exchanges = slices.Delete(l.exchanges, 0, 1)
	}
	l.exchanges = append(l.exchanges, e)
}

// recorder adds an exchange to the log as soon as its status and headers are final,
// and so before the browser has any of it: when the page has an answer, the log has
// it too.
type recorder struct {
	http.ResponseWriter

	log      *wireLog
	exchange exchange
	kept     bool
}

func (r *recorder) keep(status int) {
	if r.kept || status < 200 {
		return
	}
	r.kept = true
	r.exchange.Status = status
	r.exchange.Response = headerLines(r.Header())
	r.log.add(r.exchange)
}

// WriteHeader records the answer.
func (r *recorder) WriteHeader(status int) {
	r.keep(status)
	r.ResponseWriter.WriteHeader(status)
}

// Write records the answer if WriteHeader was not called.
func (r *recorder) Write(b []byte) (int, error) {
	r.keep(http.StatusOK)
	return r.ResponseWriter.Write(b)
}

// Unwrap lets [http.ResponseController] find the methods of the server's writer.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Flush serves those who ask for an [http.Flusher] instead.
func (r *recorder) Flush() {
	r.keep(http.StatusOK)
	_ = http.NewResponseController(r.ResponseWriter).Flush() // no Flusher, nothing to do
}

// requestHeaders are the lines that matter to CORS. Of the cookies only the demo's
// own is told: browsers send those of every other server on localhost too, and they
// are not for an audience.
func requestHeaders(r *http.Request) [][2]string {
	h := make(http.Header)
	for _, name := range []string{
		"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers", "Content-Type",
	} {
		if v, ok := r.Header[name]; ok {
			h[name] = v
		}
	}
	for _, c := range r.Cookies() {
		if c.Name == sessionCookie {
			h.Set("Cookie", c.Name+"="+shorten(c.Value))
		}
	}
	return headerLines(h)
}

// shorten keeps enough of a secret to recognise it.
func shorten(s string) string {
	if len(s) > 6 {
		return s[:6] + "…"
	}
	return s
}

// headerLines are the lines of h, those of CORS first.
func headerLines(h http.Header) [][2]string {
	lines := [][2]string{}
	for name, values := range h {
		for _, v := range values {
			lines = append(lines, [2]string{name, v})
		}
	}
	slices.SortFunc(lines, func(a, b [2]string) int {
		if x, y := rank(a[0]), rank(b[0]); x != y {
			return x - y
		}
		if c := strings.Compare(a[0], b[0]); c != 0 {
			return c
		}
		return strings.Compare(a[1], b[1])
	})
	return lines
}

func rank(name string) int {
	switch {
	case name == "Origin":
		return 0
	case strings.HasPrefix(name, "Access-Control-"):
		return 1
	case name == "Vary":
		return 2
	}
	return 3
}
