// Package collect writes down what pages ask of a gateway, as a log from which package
// learn derives a policy.
//
//   - A line stands for many equal requests, and has their number: the first one of its
//     kind is written at the next flush, and then whenever their number has doubled or
//     an hour has passed. So the file grows with what is asked for, and not with how
//     often.
//   - It has origins, methods and names of headers, and nothing else that somebody
//     sends: no paths, queries, values of headers or addresses. Only its owner can read
//     the file.
//   - Lines are appended whole, many in one write, so that two gateways can share a
//     file and none is torn. Memory, lines and the file are bounded; what was left out
//     is counted and logged.
package collect

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/learn"
)

// The bounds of what a [Collector] remembers and writes.
const (
	MaxKinds = 4096     // of requests, at a time
	MaxFile  = 64 << 20 // bytes

	maxOrigin = 256
	maxHost   = 256
	maxNames  = 1024 // bytes of the names of headers of a request
	maxMethod = 32
)

// kind is what equal requests have in common.
type kind struct {
	server, origin, method string
	asksMethod, asksNames  string // of a preflight
	contentType            string
	cookies                bool
	exposed                string // names of headers that the response has and exposes
}

// seen is how often a kind of request was seen.
type seen struct {
	all, written int
	at           time.Time // of the latest line
}

// Collector collects requests. It is safe for concurrent use.
type Collector struct {
	log     *slog.Logger
	closing chan struct{}
	running sync.WaitGroup

	writing sync.Mutex // for what follows
	file    *file
	problem string // the latest error of the file

	mu    sync.Mutex // for what follows
	kinds map[kind]*seen
	left  int // requests that found no place
}

// New returns a collector that appends to a file, which only its owner can read then.
// It must be closed.
func New(name string, log *slog.Logger) (*Collector, error) {
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	c := &Collector{file: f, log: log, kinds: map[kind]*seen{}, closing: make(chan struct{})}
	c.running.Go(c.run)
	return c, nil
}

// Observe notes a request for a server, which is an origin, and the header of its
// response, if there is one.
func (c *Collector) Observe(server string, r *http.Request, answer http.Header) {
	k, ok := kindOf(server, r, answer)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.kinds[k]
	if s == nil {
		if len(c.kinds) >= MaxKinds {
			c.left++
			return
		}
		s = &seen{}
		c.kinds[k.clone()] = s
	}
	s.all++
}

// kindOf returns the kind of a request. ok is false if no policy matters for it, or if
// no browser sends it.
func kindOf(server string, r *http.Request, answer http.Header) (k kind, ok bool) {
	h := r.Header
	origin := h["Origin"]
	if len(origin) != 1 || len(origin[0]) > maxOrigin || origin[0] == server || len(server) > maxHost || len(r.Method) > maxMethod ||
		h.Get("Sec-Fetch-Site") == "same-origin" || h.Get("Sec-Fetch-Mode") == "navigate" || h.Get("Sec-Fetch-Mode") == "no-cors" ||
		len(h["Upgrade"]) > 0 || learn.IsOwn(h.Get("User-Agent")) {
		return k, false
	}
	k = kind{server: server, origin: origin[0], method: r.Method}
	if asks := h["Access-Control-Request-Method"]; r.Method == http.MethodOptions && len(asks) > 0 {
		k.asksMethod = asks[0]
		k.asksNames, ok = names(h["Access-Control-Request-Headers"])
		return k, ok && len(k.asksMethod) <= maxMethod
	}
	k.cookies = len(h["Cookie"]) > 0
	if essence, _, _ := strings.Cut(h.Get("Content-Type"), ";"); len(essence) <= maxMethod {
		k.contentType = strings.ToLower(strings.TrimSpace(essence))
	}
	k.exposed = exposed(answer)
	return k, true
}

// clone returns a kind that does not keep the request in memory.
func (k kind) clone() kind {
	for _, s := range []*string{&k.server, &k.origin, &k.method, &k.asksMethod, &k.asksNames, &k.contentType, &k.exposed} {
		*s = strings.Clone(*s)
	}
	return k
}

// names returns the names of headers in a list, in one form for all orders and
// spellings. ok is false if there are too many.
func names(lines []string) (list string, ok bool) {
	total := 0
	for _, line := range lines {
		total += len(line)
	}
	if total > maxNames {
		return "", false
	}
	all := strings.Split(strings.ToLower(strings.Join(lines, ",")), ",")
	for i, name := range all {
		all[i] = strings.Trim(name, " \t")
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return strings.TrimPrefix(strings.Join(all, ","), ","), true
}

// exposed returns the names of headers that a response has and exposes.
func exposed(answer http.Header) string {
	list, ok := names(answer["Access-Control-Expose-Headers"])
	if !ok || list == "" {
		return ""
	}
	var kept []string
	for name := range strings.SplitSeq(list, ",") {
		if len(answer[http.CanonicalHeaderKey(name)]) > 0 {
			kept = append(kept, name)
		}
	}
	return strings.Join(kept, ",")
}
