package check

import (
	"context"
	"slices"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/csp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/origin"
)

// LocalNetwork is the user's answer when Chrome asks whether a public page may
// reach the local network.
type LocalNetwork string

// The answers.
const (
	LocalNetworkAsk     LocalNetwork = "ask" // the verdict is about CORS only, with a note
	LocalNetworkDenied  LocalNetwork = "denied"
	LocalNetworkGranted LocalNetwork = "granted"
)

// Options are what all cases of a check share.
type Options struct {
	// Profiles are the browsers, at least one. The first gives the verdict, to
	// which the others' are attached.
	Profiles []fetch.Profile
	// LocalNetwork is [LocalNetworkAsk] if empty.
	LocalNetwork LocalNetwork
	// Explain adds every step of the engine.
	Explain bool
	// Getenv reads the environment, for proxies and certificates.
	Getenv func(string) string
}

// Checker makes sessions. It loads each page once. It is safe for concurrent
// use.
type Checker struct {
	Options

	pages pageLoader
}

// New returns a checker.
func New(o Options) *Checker { return &Checker{Options: o} }

// Session is a case in the browsers, which remember preflights and cookies from
// one run to the next. Use it from one goroutine at a time.
type Session struct {
	// Case is the case, with an absolute request URL.
	Case Case

	checker  *Checker
	network  *probe.Network
	page     *fetch.Page
	csp      csp.Policies
	self     string // the origin that 'self' stands for
	browsers []*browser

	bodies  [][]byte         // of the last answers to the first browser
	changes []verdict.Change // of the last verdict, whatever its cause
}

// browser is a browser with its cookies.
type browser struct {
	*fetch.Browser
	profile fetch.Profile
	cookies *fetch.Cookies
	given   []string // Set-Cookie lines that have not been stored yet
}

// Session prepares a case; in particular, it loads the page if there is a URL.
// Errors are of type [*Error].
func (c *Checker) Session(ctx context.Context, want *Case) (*Session, error) {
	s := &Session{Case: *want, checker: c}
	request := *want.Request
	s.Case.Request = &request
	s.Case.Notes = slices.Clone(want.Notes)
	var err error
	if s.network, err = want.Servers.Network(c.Getenv); err != nil {
		return nil, mistake(err)
	}
	if err := s.openPage(ctx); err != nil {
		return nil, err
	}
	target, _ := origin.ParseURL(s.Case.Request.URL)
	cookies, err := ParseCookies(s.Case.Cookies, target.PotentiallyTrustworthy())
	if err != nil {
		return nil, mistake(err)
	}
	profiles := c.Profiles
	if want.Profiles != nil {
		profiles = want.Profiles
	}
	for _, p := range profiles {
		b := fetch.New(fetch.Config{Profile: p, Now: time.Now, Trace: c.Explain || want.Explain, AddressSpace: s.space})
		s.browsers = append(s.browsers, &browser{Browser: b, profile: p, cookies: fetch.NewCookies(b, s.page), given: cookies})
	}
	return s, nil
}

// Run makes the request once in each browser.
func (s *Session) Run(ctx context.Context) *verdict.Verdict {
	verdicts := make([]*verdict.Verdict, len(s.browsers))
	for i, b := range s.browsers {
		verdicts[i] = s.runIn(ctx, b)
	}
	v := verdict.Join(verdicts)
	s.changes = v.Change
	cause.Annotate(v)
	return v
}

// Bodies are the beginnings of the bodies that answered the requests of the last
// verdict, in the order of its Wire. One that cannot be decoded is empty.
func (s *Session) Bodies() [][]byte { return s.bodies }

// Changes are those to the policy that would allow the last request if the
// policy were the cause.
func (s *Session) Changes() []verdict.Change { return s.changes }

// Space returns the address space of a host, as the engine sees it.
func (s *Session) Space(host string) origin.AddressSpace { return s.space(host) }

func (s *Session) runIn(ctx context.Context, b *browser) *verdict.Verdict {
	p := &probe.Probe{
		Network: s.network, Body: s.Case.Body, Cookies: b.cookies, SetCookie: b.given, DryRun: s.Case.DryRun,
		StrictNames: b.profile == fetch.Firefox, UserAgent: s.Case.UserAgent, WholeBody: true, AsBrowser: true, BodyTime: bodyTime,
	}
	first := b == s.browsers[0]
	if first {
		p.KeepBody = maxAnswerBody
	}
	o := b.Fetch(ctx, s.page, s.Case.Request, s.guarded(p.Exchange))
	b.given = p.SetCookie
	if first {
		s.bodies = bodiesOf(o, p.Records)
	}
	notes := slices.Concat(s.Case.Notes, s.droppedHeaders(o), settle(o), sameOrigin(o), unfinished(o, p.Records), timings(o), s.unsentCookies(o, p.Records))
	return verdict.Of(o, verdict.Facts{ReadHeaders: s.Case.ReadHeaders, Notes: notes, Transport: transports(p.Records)})
}

func transports(records []probe.Record) []verdict.Transport {
	list := make([]verdict.Transport, len(records))
	for i := range records {
		r := &records[i]
		list[i] = verdict.Transport{Headers: r.Sent, Protocol: r.Protocol, TLS: r.TLS, Remote: r.Remote, Duration: r.Duration}
	}
	return list
}

// Command is the command line that checks the case again at a URL, its own or where
// a redirect leads to, in the same browsers, for a page of that origin. It has
// [Placeholder] for secrets; long bodies are left to fill in.
func (s *Session) Command(url, origin string) string {
	words := s.Case.words(url, origin)
	switch first := s.browsers[0].profile; {
	case len(s.browsers) > 1:
		words = append(words, "--profile", "all")
	case first != fetch.Chromium:
		words = append(words, "--profile", first.String())
	}
	return shell.Command(append(words, ServerOptions(&s.Case.Servers)...))
}
