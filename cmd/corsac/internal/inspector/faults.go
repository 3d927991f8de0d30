package inspector

import (
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/devroute"
)

// Faults is what the page may change of a proxy: what goes wrong on purpose. It must
// be safe for concurrent use.
type Faults interface {
	// Routes returns the routes of the APIs, with the faults that they have now.
	Routes() []devroute.Route
	// SetFaults replaces the faults of the route with a host and a path. The error is
	// that there is no such route.
	SetFaults(host, path string, f devroute.Faults) error
}

// faulty is a route with what goes wrong there on purpose.
type faulty struct {
	Host     string `json:"host"`
	Path     string `json:"path"`
	Upstream string `json:"upstream"` // "" for a mock
	Delay    string `json:"delay"`    // such as "300ms", or ""
	Fail     string `json:"fail"`     // such as "500@10%", or ""
	Offline  bool   `json:"offline"`
	Text     string `json:"text"` // all of it for people; "" if nothing goes wrong
}

// routesNow returns the routes of the proxy.
func (in *Inspector) routesNow() []faulty {
	routes := []faulty{}
	if in.faults == nil {
		return routes
	}
	for _, r := range in.faults.Routes() {
		f := faulty{Host: r.Host, Path: r.Path, Upstream: r.Upstream, Fail: r.Faults.Fail(), Offline: r.Faults.Offline, Text: r.Faults.String()}
		if r.Faults.Delay > 0 {
			f.Delay = r.Faults.Delay.String()
		}
		routes = append(routes, f)
	}
	return routes
}

// serveFaults sets what goes wrong on one route, and responds with all routes.
func (in *Inspector) serveFaults(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Host    string `json:"host"`
		Path    string `json:"path"`
		Delay   string `json:"delay"`
		Fail    string `json:"fail"`
		Offline bool   `json:"offline"`
	}
	if !read(w, r, &body) {
		return
	}
	f, err := devroute.ParseFaults(body.Delay, body.Fail, body.Offline)
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, "not-a-fault", err.Error())
		return
	}
	if in.faults == nil {
		refuse(w, http.StatusNotFound, "no-route", "this proxy has no faults")
		return
	}
	if err := in.faults.SetFaults(body.Host, body.Path, f); err != nil {
		refuse(w, http.StatusNotFound, "no-route", err.Error())
		return
	}
	respond(w, http.StatusOK, in.routesNow())
}
