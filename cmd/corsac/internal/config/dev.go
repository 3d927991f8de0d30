package config

import (
	"errors"
	"net/url"
	"path/filepath"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/devroute"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/hostguard"
	"github.com/corsac-dev/corsac/internal/yamlread"
)

// Dev is the configuration of corsac dev.
type Dev struct {
	// Listen is a TCP address, host:port. The host localhost means both families.
	// "" if the file does not say.
	Listen string
	// Web is the server of the page, or nil.
	Web *url.URL
	// AllowHosts are the hosts under which the proxy may be reached, besides those
	// of this machine.
	AllowHosts []string
	// Routes are those of the APIs.
	Routes []devroute.Route
}

// devPlaces are the places of the routes of corsac dev, and of their fields.
type devPlaces []routePlaces

// dev reads the section of corsac dev. checkDev checks its policies later.
func (r *reader) dev(v yamlread.Value, d *Dev) (places devPlaces) {
	var web string
	var hosts []yamlread.Place
	r.Fields(v, yamlread.Fields{
		"listen": func(v yamlread.Value) {
			if r.textOrPort(&d.Listen)(v); d.Listen != "" {
				r.check(v.Place, CheckListen(d.Listen))
			}
		},
		"web": func(v yamlread.Value) {
			if r.textOrPort(&web)(v); web == "" {
				return
			}
			u, err := ParseWeb(web)
			r.wrong(v.Place, "", err)
			d.Web = u
		},
		"allow_hosts": r.Texts(&d.AllowHosts, &hosts),
		"routes": func(v yamlread.Value) {
			for _, item := range r.Items(v, "a list of routes", `begin each with "- "`) {
				if item.Kind() == yamlread.Broken {
					continue
				}
				if rt, at, ok := r.devRoute(item); ok {
					d.Routes = append(d.Routes, rt)
					places = append(places, at)
				}
			}
		},
	}, false)
	for i, at := range hosts {
		_, err := hostguard.New(d.AllowHosts[i])
		r.wrong(at, d.AllowHosts[i], err)
	}
	return places
}

var errWebNames = errors.New("the page has one server; write its address without {names}")

// ParseWeb parses the address of the page's server.
func ParseWeb(s string) (*url.URL, error) {
	full, err := devroute.ParseURL(s)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(full)
	if err != nil { // it has {name}s
		return nil, errWebNames
	}
	return u, nil
}

// wrong reports a value that is wrong, unless err is nil.
func (r *reader) wrong(at yamlread.Place, value string, err error) {
	if err != nil {
		r.Refuse(at, Error{Code: CodeDevInvalid, Value: value, Why: err.Error()})
	}
}

// devRoute reads one route of corsac dev. ok is false if the value is not a route at
// all.
func (r *reader) devRoute(v yamlread.Value) (rt devroute.Route, at routePlaces, ok bool) {
	if !v.IsMapping() {
		r.RefuseType(v, "a route", "write one such as {path: /api, upstream: :8080}")
		return rt, at, false
	}
	at = routePlaces{v.Place, map[string]yamlread.Place{}}
	var mode, fail string
	known := yamlread.Fields{
		"path": r.Text(&rt.Path), "host": r.Text(&rt.Host), "upstream": r.textOrPort(&rt.Upstream), "mode": r.Text(&mode), "policy": r.Text(&rt.Policy),
		"strip_prefix": r.Bool(&rt.StripPrefix), "insecure": r.Bool(&rt.Insecure), "private": r.Bool(&rt.Private),
		"delay": r.Duration(&rt.Faults.Delay), "fail": r.textOrPort(&fail), "offline": r.Bool(&rt.Faults.Offline),
		"mock": func(v yamlread.Value) { rt.Mock = r.mock(v) },
	}
	for name, read := range known {
		known[name] = func(v yamlread.Value) {
			before := r.Mistakes()
			if read(v); r.Mistakes() == before {
				at.fields[name] = v.Place
			}
		}
	}
	present := r.Fields(v, known, false)
	rt.Mode = devroute.Mode(mode)
	if fail != "" {
		var err error
		rt.Faults.Status, rt.Faults.Percent, err = devroute.ParseFail(fail)
		r.wrong(at.fields["fail"], fail, err)
	}
	if rt.Upstream != "" {
		full, err := devroute.ParseURL(rt.Upstream)
		if r.wrong(at.fields["upstream"], "", err); err != nil {
			delete(at.fields, "upstream")
		}
		rt.Upstream = full
	}
	r.checkDevRoute(&rt, at, present)
	return rt, at, true
}

// checkDevRoute reports what is wrong with a route, except what depends on fields that
// could not be read.
func (r *reader) checkDevRoute(rt *devroute.Route, at routePlaces, present map[string]yamlread.Place) {
	unread := func(field string) bool {
		_, there := present[field]
		_, read := at.fields[field]
		return there && !read
	}
	for _, wrong := range rt.Check() {
		if unread(wrong.Field) || wrong.Field == "policy" && unread("mode") {
			continue
		}
		where, there := at.fields[wrong.Field]
		if !there {
			where = at.route
			where.Field = yamlread.Join(at.route.Field, wrong.Field)
		}
		r.wrong(where, "", wrong.Err)
	}
}

// mock reads a response from a file: its name, or a mapping.
func (r *reader) mock(v yamlread.Value) *devroute.Mock {
	m := &devroute.Mock{}
	if !v.IsMapping() {
		r.Text(&m.File)(v)
	} else {
		r.Fields(v, yamlread.Fields{
			"file": r.Text(&m.File), "status": r.Int(&m.Status, "404"),
			"headers": func(v yamlread.Value) {
				m.Headers = map[string]string{}
				for _, e := range r.Entries(v) {
					var value string
					r.Text(&value)(e.Value)
					m.Headers[e.Key] = value
				}
			},
		}, false)
	}
	if err := m.Check(); err != nil {
		r.wrong(v.Place, "", err)
	}
	return m
}

// checkDev checks the routes of corsac dev against the policies, and finds the files
// of its mocks, which are beside the configuration.
func (r *reader) checkDev(places devPlaces, c *Config) {
	for i, rt := range c.Dev.Routes {
		if at, ok := places[i].fields["policy"]; ok {
			r.needPolicy(at, rt.Policy, c)
		}
		if rt.Mock != nil && rt.Mock.File != "" && !filepath.IsAbs(rt.Mock.File) {
			rt.Mock.File = filepath.Join(filepath.Dir(c.file), rt.Mock.File)
		}
	}
}
