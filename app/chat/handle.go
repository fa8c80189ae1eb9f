package chat

import "time"

// FormerName is a former handle of an account.
type FormerName struct {
	User    UserID
	Name    string
	EndedAt time.Time
}

// UserRenamed tells everyone that an account has another handle or display name.
type UserRenamed struct {
	User        UserID
	Name        string
	DisplayName string
}

func (UserRenamed) event() {}
