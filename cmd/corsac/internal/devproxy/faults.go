package devproxy

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/devroute"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
)

// Routes returns the routes of the APIs, with the faults that they have now.
func (p *Proxy) Routes() []devroute.Route {
	s := p.current.Load()
	apis := slices.Clone(s.apis())
	for i := range apis {
		apis[i].Faults = *s.faults[i].Load()
	}
	return apis
}

// SetFaults replaces the faults of the API with a host and a path, until the next
// [Proxy.Reload]. If there is no such route, nothing changes.
func (p *Proxy) SetFaults(host, path string, f devroute.Faults) error {
	s := p.current.Load()
	i := slices.IndexFunc(s.apis(), func(r devroute.Route) bool { return r.Host == host && r.Path == path })
	if i < 0 {
		return fmt.Errorf("there is no route %s%s", host, path)
	}
	s.faults[i].Store(&f)
	s.Log.Info("faults", slog.String("route", host+path), slog.String("on_purpose", f.String()))
	return nil
}

// apis returns the routes without that of the page.
func (s *setup) apis() []devroute.Route {
	if s.Web != nil && s.ServeWeb {
		return s.Routes[:len(s.Routes)-1]
	}
	return s.Routes
}

// resetFaults gives each route the faults of the settings.
func (s *setup) resetFaults() {
	s.faults = make([]atomic.Pointer[devroute.Faults], len(s.Routes))
	for i := range s.Routes {
		s.faults[i].Store(&s.Routes[i].Faults)
	}
}

// hasOtherFaults reports whether faults differ from those of the settings.
func (s *setup) hasOtherFaults() bool {
	for i := range s.Routes {
		if *s.faults[i].Load() != s.Routes[i].Faults {
			return true
		}
	}
	return false
}

// injectFaults does what goes wrong on purpose, and reports whether the request is
// to be answered.
func (c *call) injectFaults(w http.ResponseWriter, r *http.Request) bool {
	f := *c.faults[c.match.Index].Load()
	switch {
	case f.Status == 0:
	case rand.Float64()*100 < f.Percent: //nolint:gosec // which requests fail is not a secret
		f.Percent = 100 // this one does
	default:
		f.Status, f.Percent = 0, 0
	}
	if (f == devroute.Faults{}) {
		return true
	}
	record.Note(w, record.Proxied{Fault: f.String()})
	if f.Delay > 0 {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	if f.Offline {
		panic(http.ErrAbortHandler) // the browser sees a connection that breaks off
	}
	if f.Status != 0 {
		c.respondWith(w, r, onPurpose(f.Status))
		return false
	}
	return true
}
