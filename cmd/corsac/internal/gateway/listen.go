package gateway

// ListenError is the error of a server that cannot listen.
type ListenError struct {
	Address string // as configured
	Err     error
}

// Error returns the text of the cause.
func (e *ListenError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *ListenError) Unwrap() error { return e.Err }
