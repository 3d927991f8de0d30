package forward

import (
	"sync/atomic"
	"time"
)

// deadline returns the time at which a timeout ends, if there is one.
func deadline(timeout time.Duration) time.Time {
	if timeout <= 0 {
		return time.Time{}
	}
	return time.Now().Add(timeout)
}

// renewed is the deadline of a connection whose timeout begins anew with each message.
// Setting it costs as much as a short message, so that it is set an eighth of the
// timeout later than it needs to be, and then not for a while.
type renewed struct {
	at atomic.Int64 // in nanoseconds of Unix time; 0 if something else may have been set
}

// next returns the deadline to be set for a timeout that begins now. There is none if
// the one that is set will do.
func (d *renewed) next(timeout time.Duration) (t time.Time, set bool) {
	now := time.Now()
	least, spare := now.Add(timeout), timeout/8
	if early := d.at.Load() - least.UnixNano(); early >= 0 && early <= int64(spare) {
		return time.Time{}, false
	}
	t = least.Add(spare)
	d.at.Store(t.UnixNano())
	return t, true
}

// forget says that something else sets the deadline.
func (d *renewed) forget() { d.at.Store(0) }
