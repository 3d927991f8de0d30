package verdict

// Finding is something that is wrong: the root cause of a refusal, a mistake in
// a configuration, a weakness. Every command reports findings in this form.
type Finding struct {
	// Cause is the stable name of the kind, such as preflight-not-routed.
	Cause string `json:"cause"`
	// Severity says how bad it is, Confidence how sure.
	Severity   Severity   `json:"severity"`
	Confidence Confidence `json:"confidence"`
	// Title says what is wrong in a few words, Why what that means in a
	// sentence or two.
	Title string `json:"title"`
	Why   string `json:"why"`
	// Evidence is what was seen, a line each; never null.
	Evidence []string `json:"evidence"`
	// Fix is what to change.
	Fix Fix `json:"fix"`
	// Place is where it was found; nil where the verdict as a whole shows it.
	Place *Place `json:"place,omitempty"`
}

// Severity is how bad a finding is.
type Severity string

// The severities, of what keeps a page from working. What can be attacked has
// names of its own.
const (
	SeverityError   Severity = "error"   // blocks the request
	SeverityWarning Severity = "warning" // will block or leak in some situation
	SeverityNote    Severity = "note"    // worth knowing
)

// Confidence is how sure a finding is.
type Confidence string

// The degrees of confidence.
const (
	ConfidenceCertain  Confidence = "certain"  // the evidence allows nothing else
	ConfidenceLikely   Confidence = "likely"   // the usual reason for the evidence
	ConfidencePossible Confidence = "possible" // only the owner of the server can say
)

// Fix is what to change to get rid of a finding.
type Fix struct {
	// Stack is the kind of server, framework or file that Text is for; empty if
	// it applies to all.
	Stack string `json:"stack"`
	// Text says what to do. Lines that begin with four spaces are to be written
	// as they stand after them; the others are prose, a paragraph each, as in
	// Markdown.
	Text string `json:"text"`
	// Where is the file that the lines usually stand in; it may be "".
	Where string `json:"where,omitempty"`
	// Check is a command that shows whether the fix works; it may be "".
	Check string `json:"check,omitempty"`
}

// Place is where a finding is: in a file, or at a URL.
type Place struct {
	// File is the name of the file, Line and Column count from 1; a Line of 0
	// is the whole file.
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	// Field is the path of the value in the file, such as
	// policies.app.allow_origins[2].
	Field string `json:"field,omitempty"`
	// Excerpt is the text of the line, or of a long one the part around the
	// column. Caret is where the column is in it, from 1.
	Excerpt string `json:"excerpt,omitempty"`
	Caret   int    `json:"caret,omitempty"`
	// URL is where it was seen; Hop counts the redirects before.
	URL string `json:"url,omitempty"`
	Hop int    `json:"hop,omitempty"`
}
