package inspector

import (
	"net/http"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// row is an exchange in the list.
type row struct {
	ID     uint64  `json:"id"`
	Start  int64   `json:"start"` // in milliseconds
	Method string  `json:"method"`
	Target string  `json:"target"` // path and query
	Server string  `json:"server"` // origin of the upstream, or "" if corsac answered
	Page   string  `json:"page"`   // origin of the page, or ""
	Status int     `json:"status"`
	Error  string  `json:"error,omitempty"` // if there is no status
	Wait   float64 `json:"wait"`            // in milliseconds
	Bytes  int64   `json:"bytes"`
	Kind   kind    `json:"kind"`
	Mode   string  `json:"mode"`
	Route  string  `json:"route"`
	Done   bool    `json:"done"`
	State  State   `json:"state"`
	Why    string  `json:"why"`
	// States are those of Chromium, Firefox and Safari; none if CORS does not apply.
	States  []State `json:"states"`
	Changes int     `json:"changes"` // lines that corsac has changed
	Fault   string  `json:"fault"`   // what went wrong on purpose, or ""
}

// rowOf returns an exchange as the list shows it.
func (in *Inspector) rowOf(w *world, x *record.Exchange) row {
	s := in.subjectOf(w, x)
	j := in.judge(w, &s)
	r := row{
		ID: x.ID, Start: x.Start.UnixMilli(), Method: x.Method, Target: targetOf(x.URL), Server: originOfURL(x.Proxied.Sent), Page: s.page.Origin,
		Status: x.Status, Wait: milliseconds(x.Wait), Bytes: x.ResponseBytes, Kind: s.kind, Mode: x.Proxied.Mode, Route: x.Proxied.Route, Done: x.Done,
		State: j.State, Why: j.Why, States: []State{}, Changes: len(x.Proxied.Changes), Fault: x.Proxied.Fault,
	}
	if x.Status == 0 {
		r.Error = ending(x)
	}
	for _, d := range j.Browsers {
		r.States = append(r.States, d.State)
	}
	return r
}

// ending says why an exchange has no status.
func ending(x *record.Exchange) string {
	switch {
	case x.Gone:
		return "the browser left"
	case x.Hijacked:
		return "not seen"
	}
	return "no response"
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// targetOf returns the path and query of a URL.
func targetOf(raw string) string {
	u, err := weburl.Parse(raw, nil)
	if err != nil {
		return raw
	}
	return strings.TrimPrefix(u.StringNoFragment(), u.Origin())
}

// listing is what the page begins with.
type listing struct {
	Rows  []row  `json:"rows"`
	First uint64 `json:"first"` // the oldest ID that there is
	Next  string `json:"next"`  // for the events that follow
	// Routes are those whose faults can be set.
	Routes []faulty `json:"routes"`
	// Playground says that there is one.
	Playground bool `json:"playground"`
	setting
}

// setting is what the page knows besides rows.
type setting struct {
	Production production `json:"production"`
	Web        string     `json:"web"`
	ConfigFile string     `json:"config"`
	Policies   []string   `json:"policies"`
	Stacks     []stack    `json:"stacks"`
	Browsers   []string   `json:"browsers"`
}

// stack is a kind of server for which there are fixes and configurations.
type stack struct {
	Name  string   `json:"name"`
	Title string   `json:"title"`
	Layer string   `json:"layer"`
	Forms []string `json:"forms,omitempty"`
}

func settingOf(w *world) setting {
	s := setting{Production: w.production, Web: w.web, Policies: w.policyNames(), Browsers: []string{"Chrome", "Firefox", "Safari"}}
	if w.config != nil {
		s.ConfigFile = w.file
	}
	for _, k := range stacks.All() {
		s.Stacks = append(s.Stacks, stack{k.Name, k.Title, k.Layer.String(), k.FormNames()})
	}
	return s
}

// serveList responds with all that is recorded.
func (in *Inspector) serveList(w http.ResponseWriter, _ *http.Request) {
	b, world := in.ring.Since(0, maxJudged), in.now()
	l := listing{Rows: []row{}, First: b.First, Next: in.eventID(b.Next), Routes: in.routesNow(), Playground: in.playground != nil, setting: settingOf(world)}
	for i := range b.Exchanges {
		l.Rows = append(l.Rows, in.rowOf(world, &b.Exchanges[i]))
	}
	respond(w, http.StatusOK, l)
}

// serveProduction changes where page and API are in production.
func (in *Inspector) serveProduction(w http.ResponseWriter, r *http.Request) {
	var body production
	if !read(w, r, &body) {
		return
	}
	p, err := newProduction(strings.TrimSpace(body.Page), strings.TrimSpace(body.API))
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, "not-an-origin", err.Error())
		return
	}
	in.mu.Lock()
	in.production = p
	in.mu.Unlock()
	respond(w, http.StatusOK, p)
}

// serveClear removes what is recorded.
func (in *Inspector) serveClear(w http.ResponseWriter, r *http.Request) {
	if !read(w, r, &struct{}{}) {
		return
	}
	in.ring.Clear()
	respond(w, http.StatusOK, struct{}{})
}

// serveReveal responds with one value that is masked.
func (in *Inspector) serveReveal(w http.ResponseWriter, r *http.Request) {
	var body struct {
		ID    uint64      `json:"id"`
		Part  record.Part `json:"part"`
		Index int         `json:"index"`
	}
	if !read(w, r, &body) {
		return
	}
	value, ok := in.ring.Reveal(body.ID, body.Part, body.Index)
	if !ok {
		refuse(w, http.StatusNotFound, "not-kept", "corsac no longer has this value")
		return
	}
	respond(w, http.StatusOK, struct {
		Value string `json:"value"`
	}{value})
}
