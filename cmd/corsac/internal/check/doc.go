// Package check makes requests as pages do, and reports what a browser does
// with them.
//
//   - A [Case] is a request and the page that makes it, from any source: a
//     command line ([Spec]), a paste ([FromPaste]), or a line of a batch
//     ([Batch]).
//   - A [Checker] turns a case into a [Session]: it loads the page, and opens a
//     browser for each profile. Each [Session.Run] makes the request once.
//   - [Checker.Replay] decides about recorded requests, without a network.
//   - A verdict is made once, from the outcome, what the network knows about it,
//     and its causes. Nobody changes it afterwards.
//   - What a session runs is what a browser would send, and nothing that the page's
//     own Content Security Policy forbids. What it asks besides ([Session.Ask]) is
//     up to the caller.
//
// It prints nothing and has no flags; the commands do.
package check

// Kind says whose mistake an [Error] is.
type Kind uint8

// The kinds of errors.
const (
	Mistake Kind = iota // in the request
	Unable              // corsac could not make the check
)

// Error is why there is no verdict.
type Error struct {
	Kind Kind
	Err  error
	// Hint says what to do next; it may be "".
	Hint string
}

// Error returns the text of the cause.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func mistake(err error) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: Mistake, Err: err}
}
