package fix

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// Report is what is proposed for a project, and what was written.
type Report struct {
	Stack string `json:"stack"`
	// Why says why it is this stack that is changed.
	Why   string       `json:"why"`
	Files []FileReport `json:"files"`
	Notes []string     `json:"notes"`
	// Install is a command that installs what the change needs.
	Install string `json:"install,omitempty"`
	// Check is the command that shows whether the change works.
	Check string `json:"check"`
	// Verify is the command that looks at all that the change is to allow; "" where
	// corsac cannot name the origins.
	Verify string `json:"verify,omitempty"`
	// Snippet is what the user has to write, and Where.
	Snippet string `json:"snippet,omitempty"`
	Where   string `json:"where,omitempty"`

	title    string
	proposal *Proposal
}

// FileReport is the change of a file.
type FileReport struct {
	Name    string `json:"name"`
	Diff    string `json:"diff"`
	New     bool   `json:"new,omitempty"`
	Written bool   `json:"written"`
	// Refused says why it was not written, and Backup where the old text is.
	Refused string `json:"refused,omitempty"`
	Backup  string `json:"backup,omitempty"`
}

// Report returns a proposal as a report. failed is the verdict that the wish is from,
// or nil.
func (p *Project) Report(proposal *Proposal, w *stacks.Want, failed *verdict.Verdict) *Report {
	r := &Report{
		Stack: proposal.Stack.Name, Why: proposal.Why(), Files: []FileReport{}, Notes: append([]string{}, proposal.Notes...), Install: proposal.Install,
		title: proposal.Stack.Title, proposal: proposal,
	}
	for i := range proposal.Patches {
		x := &proposal.Patches[i]
		r.Files = append(r.Files, FileReport{Name: x.Shown, Diff: x.Diff(), New: x.New})
	}
	if s := proposal.Snippet; s != nil {
		r.Snippet, r.Where = s.Files[0].Text, strings.TrimSuffix(s.File+", "+s.Place, ", ")
	}
	address := "URL"
	if proposal.URL != "" {
		address = within(proposal.URL, w.Path)
	}
	host, connect := proposal.connect()
	w = proposal.withOrigins(w)
	r.Check, r.Verify = Proof(w, failed, address, connect...), verification(w, failed, address, connect)
	if connect != nil && failed == nil && !r.Nothing() {
		r.Notes = append(r.Notes, fmt.Sprintf("In the check, --connect-to leads to the server on this machine; without it, the check asks whatever server %s leads to.", host))
	}
	if page := pageOf(w, address); failed == nil && mixed(page, address) && !r.Nothing() {
		r.Notes = append(r.Notes, fmt.Sprintf("Browsers never let a page of %s call an http: URL of another machine, so the check fails until the server is called over https.", page))
	}
	if address == "URL" && failed == nil && !r.Nothing() {
		r.Notes = append(r.Notes, "In the check, URL stands for the address of the server, which the files do not show.")
	}
	if hint := p.Others(proposal.Stack); hint != "" {
		r.Notes = append([]string{fmt.Sprintf("This changes %s, because %s; %s.", r.title, r.Why, hint)}, r.Notes...)
	}
	return r
}

// withOrigins returns a wish with the origins that the files allow already, if it names
// none itself, so that the commands ask for a page that is allowed.
func (f *Found) withOrigins(w *stacks.Want) *stacks.Want {
	if w.Mentions("allow_origins") {
		return w
	}
	wish := *w
	wish.Set = map[string][]string{}
	maps.Copy(wish.Set, w.Set)
	for _, s := range f.Sites {
		for i := range s.Draft.Entries {
			if e := &s.Draft.Entries[i]; e.Field == "allow_origins" && !e.Default {
				wish.Set[e.Field] = append(wish.Set[e.Field], e.Value)
			}
		}
	}
	return &wish
}

// connect returns the name in the URL of a proposal, if that need not lead to the
// server whose files are here, and the value of --connect-to for it.
func (p *Proposal) connect() (host string, to []string) {
	o, err := origin.ParseURL(p.URL)
	if err != nil || o.IsOpaque() || o.AddressSpace() != origin.SpaceUnknown {
		return "", nil
	}
	port := strconv.Itoa(int(o.Port()))
	ip := cmp.Or(p.Address, "127.0.0.1")
	if strings.Contains(ip, ":") {
		ip = "[" + ip + "]"
	}
	return o.Host(), []string{strings.Join([]string{o.Host(), port, ip, port}, ":")}
}

// within returns the URL of a path of a server; that of a location may have the path
// already.
func within(address, path string) string {
	if u, err := weburl.Parse(address, nil); err == nil && u.Path != "/" && strings.HasPrefix(u.Path+"/", strings.TrimSuffix(path, "/")+"/") {
		return address
	}
	return strings.TrimSuffix(address, "/") + "/" + strings.TrimPrefix(path, "/")
}

// Title is the name of the stack in texts.
func (r *Report) Title() string { return r.title }

// Next says what makes the server use the files that were written.
func (r *Report) Next() string {
	if reload := r.proposal.Stack.Reload; reload != "" {
		return "Let " + r.title + " read its files again (" + reload + ")"
	}
	return "Restart the server"
}

// Nothing reports whether the project does already what is wanted.
func (r *Report) Nothing() bool { return len(r.Files) == 0 && r.Snippet == "" }

// Write writes the files. Without force, it refuses those whose changes are not
// committed. It reports whether the project now does what is wanted, as far as
// corsac could change it.
func (r *Report) Write(ctx context.Context, p *Project, force bool) bool {
	done := r.Snippet == ""
	for i := range r.Files {
		o := Write(ctx, p.Tree, &r.proposal.Patches[i], force)
		r.Files[i].Set(o)
		done = done && o.Err == nil
	}
	return done
}

// Set notes what happened to a file.
func (f *FileReport) Set(o Outcome) {
	f.Written, f.Backup = o.Err == nil, o.Backup
	if o.Err != nil {
		f.Refused = o.Err.Error()
	}
}
