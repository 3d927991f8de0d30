package inspector

import "time"

// SetPatience sets how long a follower may take to read an event.
func (in *Inspector) SetPatience(d time.Duration) { in.followers.patience = d }

// Followers returns how many follow the list.
func (in *Inspector) Followers() int { return int(in.followers.n.Load()) }
