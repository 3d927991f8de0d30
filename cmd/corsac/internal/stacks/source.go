package stacks

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// Source is how the files of a stack are read and changed.
type Source struct {
	// Files are patterns of [path.Match] for the names of the files that say how
	// it treats CORS.
	Files []string
	// Rules are the mistakes that Read finds.
	Rules []*Rule
	// Read returns the places in a project that set CORS headers, in the order
	// of their files. It reads files of other stacks as having none.
	Read func(*source.Tree) []*Site
	// Change returns what to change, so that the project does what is wanted;
	// sites are those of Read. It returns a change without edits if the project
	// does so already. It is nil if corsac only reads the stack. The error says
	// why it could not, and what to do instead; it may be [ErrNotHere].
	Change func(t *source.Tree, sites []*Site, w *Want) (*Change, error)
}

// Site is a place in a project that decides about CORS: a call of cors(…), a
// location with add_header.
type Site struct {
	// Title says what it is, such as app.use(cors(…)) or location /api/.
	Title string
	File  *source.File
	// Span is the whole of it, such as the call.
	source.Span

	// Path is the prefix of the paths that it applies to; "" for all. With Exact,
	// it is the only path.
	Path  string
	Exact bool
	// Upstream is the URL that a proxy forwards the requests to; "" if there is
	// none or it is not known. Its path, if it has one, takes the place of Path.
	Upstream string
	// Parts are the paths that go to upstreams, if those are not all of Path.
	Parts  []Part
	Draft  Draft
	Faults []Fault
}

// Part is a part of the paths of a site, with an upstream as [Site] has it.
type Part struct {
	Path, Upstream string
	Exact          bool
	// Host is a name, or *.example.com for all names below example.com; "" for
	// all.
	Host string
	// Match is what chooses the paths, if that is more than Path, such as
	// location ~ \.php$.
	Match string
	// Barrier says why nothing but this server may forward the requests, such as
	// that it asks for a password; "" if there is no reason. Then there is no
	// route.
	Barrier string
	// PreserveHost says that the upstream gets the Host of the request, and not
	// that of its URL.
	PreserveHost bool
	// Listen is where the server takes these requests, such as port 8443, if that
	// is not where browsers look first.
	Listen string
}

// Draft is a policy as a site says it. Not all of it need be safe, or something
// that a policy can say.
type Draft struct {
	// Entries are the settings, with values as in corsac.yaml.
	Entries []Entry
	// Remarks say what could not be an entry, and why.
	Remarks []Remark

	known knownPolicies // for many drafts that are alike; nil for others
}

// Entry is one value of a setting.
type Entry struct {
	// Field is the name in corsac.yaml, such as allow_origins; Value is one of
	// its values, such as https://app.example.com, true or 1h0m0s.
	Field, Value string
	// Default says that nobody wrote it: it is what the stack does by itself.
	Default bool

	File *source.File
	source.Span
}

// Remark is about something that is not carried over.
type Remark struct {
	Kind RemarkKind
	// Field is the setting of corsac.yaml that it is about; it may be "".
	Field string
	// Text says what it is and why, a sentence.
	Text string

	File *source.File
	source.Span
}

// RemarkKind is why something is not carried over.
type RemarkKind string

// The kinds of remarks.
const (
	Dynamic RemarkKind = "dynamic" // known only when the program runs, such as an environment variable
	Lost    RemarkKind = "lost"    // no policy can say it, or none should
	Differs RemarkKind = "differs" // carried over, but it does not mean quite the same: it allows no more
	Wider   RemarkKind = "wider"   // carried over, and a policy allows more with it than what is there
)

// carried reports whether what a remark is about is carried over.
func (k RemarkKind) carried() bool { return k == Differs || k == Wider }

// Rule is a mistake that people make with a stack.
type Rule struct {
	// ID is its stable name: that of the stack, a slash and a few words.
	ID       string
	Severity finding.Severity
	// Title says what is wrong in a few words, Why what comes of it in a
	// sentence or two, and Fix what to do about it.
	Title, Why, Fix string
	// Cause is the slug of the cause that a check from outside would name; it may
	// be "".
	Cause string
}

// noPrivateNetwork is the remark on settings about private networks.
const noPrivateNetwork = "Access to a private network is not part of a policy: browsers ask the user instead."

// ruleMaker makes the rules of the stack that it names.
type ruleMaker string

// rule returns a rule whose ID begins with the stack; cause may be "".
func (m ruleMaker) rule(id string, severity finding.Severity, cause, title, why, fix string) *Rule {
	return &Rule{ID: string(m) + "/" + id, Severity: severity, Cause: cause, Title: title, Why: why, Fix: fix}
}

// Fault is a rule that a site breaks.
type Fault struct {
	Rule *Rule
	File *source.File
	source.Span

	// Evidence is what is there, in a line; "" for the line of the file.
	Evidence string
	// Edits do what the rule's Fix says, if that is safe: the result allows
	// nobody else, and breaks nothing.
	Edits []source.Edit
}

// Change is how a project is changed.
type Change struct {
	// Edits are the changes of files that exist, by name, and Files those that
	// are new.
	Edits map[string][]source.Edit
	Files map[string]string
	// Notes say what to know: what else was changed, what was left alone and why.
	Notes []string
	// Install is a command that installs what the change needs; it may be "".
	Install string
	// URL is where the server probably answers, for the check afterwards; "" if
	// the files do not show it. Address is the IP address where it listens, if the
	// files show one; "" for this machine.
	URL, Address string
}

// Edit adds an edit of a file.
func (c *Change) Edit(f *source.File, edits ...source.Edit) {
	if c.Edits == nil {
		c.Edits = map[string][]source.Edit{}
	}
	if len(edits) > 0 {
		c.Edits[f.Name] = append(c.Edits[f.Name], edits...)
	}
}
