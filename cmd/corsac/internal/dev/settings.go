package dev

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/devproxy"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/devroute"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/hostguard"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/replay"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// DefaultListen is the address on which corsac dev listens by default.
const DefaultListen = "localhost:4100"

// Flags are what the command line says.
type Flags struct {
	APIs                           []string // [/prefix=]URL[,option...]
	Web                            string
	Command                        bool // a command starts the page's server
	Mode                           string
	Policy                         string
	AllowHosts                     []string
	StripPrefix, Insecure, Offline bool
	Delay                          time.Duration
	Fail                           string
	Listen                         string
	Inspector                      string // an address of its own for the inspector
	Replay                         string // a HAR file
}

// FlagError is a mistake in a flag.
type FlagError struct {
	Flag  string
	Value string // "" if Err names it, or if there is no value
	Err   error
}

// Error names the flag, and says what is wrong.
func (e *FlagError) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("--%s: %v", e.Flag, e.Err)
	}
	return fmt.Sprintf("--%s %q: %v", e.Flag, e.Value, e.Err)
}

// Unwrap returns the cause.
func (e *FlagError) Unwrap() error { return e.Err }

// Settings are those of the flags and the file together.
type Settings struct {
	Proxy  devproxy.Options // without Log
	Listen string
	// File is the configuration file, or nil, and FileName its name.
	File     *config.Config
	FileName string
	// Fixed says that Listen was chosen, so no other port will do.
	Fixed bool
	// Inspector is an address of its own for the inspector, or "".
	Inspector string
	// Command says that a command starts the page's server, and names its address
	// unless the settings do.
	Command bool
}

// IsEmpty reports whether nothing says what to serve.
func (s *Settings) IsEmpty() bool { return s.Proxy.Web == nil && len(s.Proxy.Routes) == 0 }

// Combine returns the settings of flags and of a file, which may be nil. The servers
// of the flags replace those of the file; other flags apply to all APIs. An error is
// a [*FlagError] if a flag is wrong.
func Combine(f Flags, file *config.Config) (*Settings, error) {
	s := &Settings{Listen: DefaultListen, Command: f.Command, File: file, Inspector: onThisMachine(f.Inspector)}
	var d config.Dev
	if file != nil {
		d = file.Dev
		s.Proxy.Policy = file.Middleware
	}
	s.Proxy.Web, s.Proxy.AllowHosts = d.Web, slices.Concat(d.AllowHosts, f.AllowHosts)
	s.Proxy.Routes = slices.Clone(d.Routes)
	if err := f.checkAddresses(); err != nil {
		return nil, err
	}
	if listen := cmp.Or(f.Listen, d.Listen); listen != "" {
		s.Listen, s.Fixed = listen, true
	}
	for _, name := range f.AllowHosts {
		if _, err := hostguard.New(name); err != nil {
			return nil, &FlagError{"allow-host", name, err}
		}
	}
	if f.Web != "" {
		web, err := config.ParseWeb(f.Web)
		if err != nil {
			return nil, &FlagError{"web", "", err}
		}
		s.Proxy.Web = web
	}
	if len(f.APIs) > 0 {
		routes, err := f.routes(s.Proxy.Web != nil || f.Command)
		if err != nil {
			return nil, err
		}
		s.Proxy.Routes = routes
	}
	if err := f.apply(s.Proxy.Routes, file); err != nil {
		return nil, err
	}
	if enforces := func(r devroute.Route) bool { return r.Mode == devroute.Enforce }; f.Policy != "" && !slices.ContainsFunc(s.Proxy.Routes, enforces) {
		return nil, &FlagError{"policy", f.Policy, errors.New("a policy is for the mode enforce; add --mode enforce")}
	}
	if f.Replay != "" {
		recording, err := replay.Load(f.Replay)
		if err != nil {
			return nil, &FlagError{"replay", f.Replay, err}
		}
		if s.Proxy.Replay = recording; len(s.Proxy.Routes) == 0 {
			s.Proxy.Routes = []devroute.Route{{Path: apiPath(s.Proxy.Web != nil || f.Command, f.Mode), Upstream: noServer}}
		}
	}
	s.Proxy.ServeWeb = servesWeb(s.Proxy.Routes)
	return s, s.check(f.Command)
}

// checkAddresses returns what is wrong with the addresses to listen on.
func (f *Flags) checkAddresses() error {
	for _, a := range [][2]string{{"listen", f.Listen}, {"inspector", f.Inspector}} {
		if a[1] == "" {
			continue
		}
		if m := config.CheckListen(a[1]); m != nil {
			return &FlagError{a[0], a[1], fmt.Errorf("%s; %s", m.Why, m.Fix)}
		}
	}
	return nil
}

// noServer is in place of a server whose answers are recorded.
const noServer = "http://recorded.invalid"

// apiPath returns the path of an API without a prefix: /api beside a page, and
// everything where the page stays on its own origin, or there is none.
func apiPath(hasPage bool, mode string) string {
	if hasPage && (mode == "" || devroute.Mode(mode) == devroute.SameOrigin) {
		return "/api"
	}
	return "/"
}

// routes returns the routes of --api.
func (f *Flags) routes(hasPage bool) (routes []devroute.Route, err error) {
	for _, text := range f.APIs {
		r, err := devroute.ParseAPI(text)
		if err != nil {
			return nil, &FlagError{"api", "", err}
		}
		r.Path = cmp.Or(r.Path, apiPath(hasPage, f.Mode))
		if slices.ContainsFunc(routes, func(other devroute.Route) bool { return other.Path == r.Path }) {
			return nil, &FlagError{"api", text, fmt.Errorf("two servers take %s; give one of them a prefix, as in /v1=%s", r.Path, r.Upstream)}
		}
		if wrong := r.Check(); len(wrong) > 0 {
			return nil, &FlagError{"api", text, wrong[0].Err}
		}
		routes = append(routes, r)
	}
	return routes, nil
}

// apply sets on all routes what the flags say of them.
func (f *Flags) apply(routes []devroute.Route, file *config.Config) error {
	status, percent, err := 0, 0.0, error(nil)
	if f.Fail != "" {
		if status, percent, err = devroute.ParseFail(f.Fail); err != nil {
			return &FlagError{"fail", f.Fail, err}
		}
	}
	if err := devroute.CheckDelay(f.Delay); err != nil {
		return &FlagError{"delay", f.Delay.String(), err}
	}
	if f.Mode != "" && !slices.Contains(devroute.Modes, devroute.Mode(f.Mode)) {
		return &FlagError{"mode", f.Mode, errors.New("the modes are same-origin, add, observe and enforce")}
	}
	for i := range routes {
		r := &routes[i]
		r.StripPrefix = r.StripPrefix || f.StripPrefix
		r.Insecure = r.Insecure || f.Insecure
		r.Faults.Offline = r.Faults.Offline || f.Offline
		if f.Delay > 0 {
			r.Faults.Delay = f.Delay
		}
		if status != 0 {
			r.Faults.Status, r.Faults.Percent = status, percent
		}
		if f.Mode != "" {
			r.Mode = devroute.Mode(f.Mode)
		}
		if r.Mode != devroute.Enforce {
			r.Policy = ""
			continue
		}
		if r.Policy, err = f.policy(r.Policy, file); err != nil {
			return &FlagError{"mode", f.Mode, err}
		}
	}
	return nil
}

// policy returns the name of the policy for the mode enforce.
func (f *Flags) policy(known string, file *config.Config) (string, error) {
	if file == nil {
		return "", errors.New("the mode enforce applies a policy of corsac.yaml, and there is no such file; name one with -c")
	}
	if f.Policy != "" {
		known = f.Policy
	}
	_, name, err := file.Policy(known)
	return name, err
}

// servesWeb reports whether the page is to be on the proxy's origin: not if it stays
// on its own for every API.
func servesWeb(routes []devroute.Route) bool {
	return len(routes) == 0 || slices.ContainsFunc(routes, func(r devroute.Route) bool { return r.Mode == "" || r.Mode == devroute.SameOrigin })
}

// check returns what does not go together. The page may still be unknown if a command
// starts its server.
func (s *Settings) check(command bool) error {
	o := s.Proxy
	for _, r := range o.Routes {
		switch {
		case r.Mode == devroute.Add && o.Web == nil && !command:
			return &FlagError{"web", "", errors.New("the mode add needs the address of the page; add it, such as --web :5173")}
		case o.Web != nil && o.ServeWeb && r.Host == "" && strings.Trim(r.Path, "/") == "":
			return &FlagError{"api", "", fmt.Errorf("the page and %s both take every path; give the API one, as in --api /api=%s", r.Upstream, r.Upstream)}
		}
	}
	if s.Fixed {
		if err := s.loop(s.Listen); err != nil {
			return err
		}
	}
	if s.Inspector == "" {
		return nil
	}
	if s.Fixed && s.takesInspector(s.Listen) {
		return &FlagError{"inspector", s.Inspector, fmt.Errorf("corsac dev itself listens on %s; give the inspector another port", s.Listen)}
	}
	return s.leadsTo("inspector", s.Inspector, "reach the inspector")
}

// loop returns an error if requests would come back to a proxy that listens on an
// address.
func (s *Settings) loop(listen string) error {
	return s.leadsTo("listen", listen, "come back to corsac dev")
}

// avoids reports whether a proxy whose port is not fixed must not listen on an
// address.
func (s *Settings) avoids(listen string) bool {
	return s.loop(listen) != nil || s.takesInspector(listen)
}

// takesInspector reports whether an address is that of the inspector.
func (s *Settings) takesInspector(listen string) bool {
	return s.Inspector != "" && (config.Machine{}).Loops(listen, &url.URL{Scheme: "http", Host: s.Inspector})
}

// leadsTo returns an error about a flag if requests for a server would come to what
// listens on the flag's address.
func (s *Settings) leadsTo(flag, listen, does string) error {
	leads := func(u *url.URL, to string) error {
		if u == nil || !(config.Machine{}).Loops(listen, u) {
			return nil
		}
		return &FlagError{flag, listen, fmt.Errorf("what is for %s, %s, would %s; let it listen on another port, or correct that address", to, u, does)}
	}
	for _, r := range s.Proxy.Routes {
		u, err := url.Parse(r.Upstream)
		if err != nil || s.Proxy.Replay != nil { // with {name}s, or never asked
			continue
		}
		if err := leads(u, "an API"); err != nil {
			return err
		}
	}
	return leads(s.Proxy.Web, "the page's server")
}

// WithWeb returns the settings with the page's server, once it is known.
func (s Settings) WithWeb(web *url.URL) (*Settings, error) {
	s.Proxy.Web = web
	s.Proxy.ServeWeb = servesWeb(s.Proxy.Routes)
	return &s, s.check(false)
}

// PageOrigin returns the origin of the page's server, or "".
func (s *Settings) PageOrigin() string {
	if s.Proxy.Web == nil {
		return ""
	}
	u, err := weburl.Parse(s.Proxy.Web.String(), nil)
	if err != nil {
		return ""
	}
	return u.Origin()
}
