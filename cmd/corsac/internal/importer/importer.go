package importer

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
)

// Import is what files say, as policies.
type Import struct {
	Policies []*Policy `json:"policies"`
	// Remarks are those of places that have nothing to carry over.
	Remarks []Remark `json:"remarks"`
	// Routes are those of the gateway that corsac serve would need, and Listen
	// is where it can listen. Listeners says what changes with one listener.
	Routes    []Route  `json:"routes"`
	Listen    string   `json:"listen,omitempty"`
	Listeners []Remark `json:"listeners,omitempty"`

	known set // remarks and routes
}

// set is a set of values of any type.
type set map[any]bool

// add adds a value, and reports whether it is new.
func (known set) add(v any) bool {
	if known[v] {
		return false
	}
	known[v] = true
	return true
}

// Policy is a policy that one place or several have.
type Policy struct {
	Name string `json:"name"`
	// Policy is nil if cors.New refuses it; Errors then says why, and what to do.
	Policy *cors.Policy `json:"policy,omitempty"`
	Errors []string     `json:"errors,omitempty"`
	Sites  []Where      `json:"sites"`
	// Entries are in the order of [stacks.Fields].
	Entries []Entry  `json:"entries"`
	Remarks []Remark `json:"remarks"`
	// Stack is that of the first place.
	Stack string `json:"stack"`

	// routes are what has the policy, for other stacks.
	routes []stacks.Route
	known  set // remarks, and places of entries
}

// Where is a place.
type Where struct {
	Title string `json:"title"`
	Path  string `json:"path,omitempty"`
	// Exact says that it is the only path, and not a prefix.
	Exact bool           `json:"exact,omitempty"`
	Place *finding.Place `json:"place"`
}

// Entry is a value of a setting, and where it comes from.
type Entry struct {
	Field string `json:"field"`
	Value string `json:"value"`
	// Default says that it is what the stack does by itself.
	Default bool             `json:"default,omitempty"`
	Places  []*finding.Place `json:"places"`
}

// Remark is about something that is not carried over, or not quite.
type Remark struct {
	Kind  stacks.RemarkKind `json:"kind"`
	Field string            `json:"field,omitempty"`
	Text  string            `json:"text"`
	Place *finding.Place    `json:"place"`
}

// Route is a route of the gateway.
type Route struct {
	// Host is a name, or *.example.com for all names below example.com; "" for
	// all.
	Host     string `json:"host,omitempty"`
	Path     string `json:"path"`
	Upstream string `json:"upstream"`
	Policy   string `json:"policy"`
	// PreserveHost says that the upstream gets the Host of the request.
	PreserveHost bool  `json:"preserve_host,omitempty"`
	Where        Where `json:"where"`
	// Problem says why the gateway cannot have it; "" if it can.
	Problem string `json:"problem,omitempty"`

	// part is what it is from.
	part stacks.Part
}

// New returns what sites say. Those that say the same share a policy.
func New(sites []Site) *Import {
	im := &Import{Policies: []*Policy{}, Remarks: []Remark{}, Routes: []Route{}, known: set{}}
	byKey := map[string]*Policy{}
	names := map[string]int{}
	for i := range sites {
		s := &sites[i]
		if len(s.Draft.Entries) == 0 {
			im.Remarks = im.known.remarks(im.Remarks, s)
			im.addRoutes(s, &Policy{})
			continue
		}
		key := keyOf(&s.Draft)
		p := byKey[key]
		if p == nil {
			p = &Policy{Name: unique(names, nameOf(s)), Stack: s.Stack.Name, Remarks: []Remark{}, known: set{}}
			p.check(&s.Draft)
			byKey[key] = p
			im.Policies = append(im.Policies, p)
		}
		p.take(s)
		im.addRoutes(s, p)
	}
	im.checkRoutes()
	return im
}

// Valid returns the policies that a file can have.
func (im *Import) Valid() (list []*Policy) {
	for _, p := range im.Policies {
		if p.Policy != nil {
			list = append(list, p)
		}
	}
	return list
}

// keyOf returns the same string for drafts that mean the same.
func keyOf(d *stacks.Draft) string {
	var lines []string
	for _, e := range d.Entries {
		if line := fmt.Sprintf("%s %q", e.Field, e.Value); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// check sets the policy, or why there is none. A setting that is there twice with the
// same value is there once.
func (p *Policy) check(d *stacks.Draft) {
	once := stacks.Draft{}
	for _, e := range d.Entries {
		if !slices.ContainsFunc(once.Entries, func(o stacks.Entry) bool { return o.Field == e.Field && o.Value == e.Value }) {
			e.Value = strings.ToValidUTF8(e.Value, "\uFFFD")
			once.Entries = append(once.Entries, e)
		}
	}
	policy, err := once.Policy()
	if err != nil {
		p.Errors = problems(err)
		return
	}
	p.Policy = policy
}

// take adds what a site says. Its entries are those of the policy.
func (p *Policy) take(s *Site) {
	p.Sites = append(p.Sites, whereOf(s))
	for _, part := range s.parts() {
		upstream, _ := config.ParseUpstream(part.Upstream) // without one, the path is still known
		if part.Barrier != "" {
			upstream = nil
		}
		p.routes = append(p.routes, stacks.Route{Path: part.Path, Exact: part.Exact, Host: part.Host, Match: part.Match, Upstream: upstream})
	}
	for _, e := range s.Draft.Entries {
		place := s.place(e.File, e.Span)
		i := slices.IndexFunc(p.Entries, func(o Entry) bool { return o.Field == e.Field && o.Value == e.Value })
		switch {
		case !p.known.add([...]any{e.Field, e.Value, *place}):
		case i < 0:
			p.Entries = append(p.Entries, Entry{e.Field, e.Value, e.Default, []*finding.Place{place}})
		default:
			p.Entries[i].Places = append(p.Entries[i].Places, place)
			p.Entries[i].Default = p.Entries[i].Default && e.Default
		}
	}
	slices.SortStableFunc(p.Entries, func(a, b Entry) int {
		return slices.Index(stacks.Fields, a.Field) - slices.Index(stacks.Fields, b.Field)
	})
	p.Remarks = p.known.remarks(p.Remarks, s)
}

func whereOf(s *Site) Where { return Where{s.Title, s.Path, s.Exact, s.Place()} }

// place returns where a part of a site is; without a file, it is the site's.
func (s *Site) place(f *source.File, span source.Span) *finding.Place {
	if f == nil {
		return s.Place()
	}
	return s.Tree.Place(f, span.Start)
}

// remarks adds the remarks of a site that are not there yet.
func (known set) remarks(list []Remark, s *Site) []Remark {
	for _, r := range s.Draft.Remarks {
		remark := Remark{r.Kind, r.Field, r.Text, s.place(r.File, r.Span)}
		if known.add([...]any{r.Text, *remark.Place}) {
			list = append(list, remark)
		}
	}
	return list
}

// plainNames are names of files that say nothing about what is in them.
var plainNames = []string{"app", "index", "main", "server", "nginx", "default", "settings", "config", "configuration", "cors", "caddyfile", "stdin", "api"}

// nameOf returns a name for the policy of a site: from its path, its upstream, or
// its file.
func nameOf(s *Site) string {
	if name := slug(s.Path); name != "" {
		return name
	}
	if u, err := url.Parse(s.Upstream); err == nil && net.ParseIP(u.Hostname()) == nil && u.Hostname() != "localhost" {
		if name := slug(u.Hostname()); name != "" {
			return name
		}
	}
	base := path.Base(s.File.Name)
	if name := slug(strings.TrimSuffix(base, path.Ext(base))); name != "" && !slices.Contains(plainNames, name) {
		return name
	}
	return "app"
}

// slug returns the letters and digits of a text, with single hyphens between them.
func slug(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	name := strings.Join(words, "-")
	return strings.Trim(name[:min(len(name), 40)], "-")
}

// unique returns a name that was not returned before.
func unique(used map[string]int, name string) string {
	for candidate := name; ; candidate = fmt.Sprintf("%s-%d", name, used[name]+1) {
		if used[candidate] == 0 {
			used[candidate]++
			if candidate != name {
				used[name]++
			}
			return candidate
		}
		if candidate != name {
			used[name]++
		}
	}
}

// Nothing returns the error of files that say nothing about CORS, and what to do.
func Nothing(trees []*source.Tree, stack *stacks.Stack) (hint string, err error) {
	what := "nothing about CORS was found"
	if files := source.Named(trees); len(files) > 0 {
		what += " in " + strings.Join(files, ", ")
	}
	hint = "a file whose name does not show what it is needs --stack"
	if stack != nil {
		hint = "it was read as files of " + stack.Title + "; another --stack may fit"
	}
	return hint, errors.New(what)
}
