package own

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"confab/app/chat"
	"confab/app/importing"
	"confab/app/text"
	"confab/keys"
)

// identity returns what a restore needs of an account.
func identity(r *row) *importing.Identity {
	role, err := chat.ParseRole(string(r.Role))
	if err != nil {
		role = chat.RoleMember
	}
	return &importing.Identity{
		Role: role, Disabled: bool(r.Disabled), ReceiptsOff: bool(r.ReceiptsOff), Deleted: r.Name == "", CreatedAt: timeOf(r.CreatedAt),
		Status: chat.Status{Text: text.CleanLine(string(r.Status), maxStatus), Until: timeOf(r.StatusUntil)},
	}
}

// maxStatus is the longest status, in characters.
const maxStatus = 100

// secrets are the types of lines that never come, because they are of no use without their
// secrets, with the reasons.
var secrets = map[string]string{
	"hook": "hook: exports do not have the tokens of webhooks, so make new ones",
	"code": "code: exports do not have the codes themselves, so make new ones",
}

// extras has for each type of line, besides accounts, conversations and messages, what a
// restore brings of it. A nil value does not come: the line is damaged, or belongs to the
// server of the export.
var extras = map[string]func(r *row) any{
	"key": func(r *row) any {
		k := keyOf(r)
		if k == nil {
			return nil
		}
		return importing.Key{User: r.User, Key: chat.AuthorizedKey{
			Fingerprint: k.Fingerprint(), Type: k.Type(), Line: k.Line(), Comment: string(r.Comment), AddedAt: timeOf(r.AddedAt), LastUsedAt: timeOf(r.LastUsedAt),
		}}
	},
	"former_name": func(r *row) any {
		return importing.FormerName{User: r.User, Name: string(r.Name), EndedAt: timeOf(r.EndedAt)}
	},
	"revoked_key": func(r *row) any {
		return importing.RevokedKey{Fingerprint: string(r.Fingerprint), At: timeOf(r.At)}
	},
	"setting": func(r *row) any { return importing.Setting{Name: string(r.Name), Value: string(r.Value)} },
	"join_request": func(r *row) any {
		k := keyOf(r)
		if k == nil {
			return nil
		}
		return importing.Request{Request: chat.JoinRequest{
			Fingerprint: k.Fingerprint(), KeyLine: k.Line(), Name: string(r.Name), Note: string(r.Note), Address: string(r.Address),
			State: chat.RequestState(r.State), AskedAt: timeOf(r.AskedAt),
		}}
	},
	"preference": func(r *row) any {
		return importing.Preference{User: r.User, Name: string(r.Name), Value: string(r.Value)}
	},
	"ban": func(r *row) any {
		return importing.Ban{User: r.User, Ban: chat.Ban{
			Kind: chat.BanKind(r.Kind), Target: string(r.Target), MadeAt: timeOf(r.MadeAt), EndsAt: timeOf(r.EndsAt), MadeBy: string(r.MadeBy), Reason: string(r.Reason),
		}}
	},
	"conversation": func(r *row) any {
		return importing.Group{Conversation: r.ID, Settings: chat.Conversation{
			Topic: string(r.Topic), MembersAdd: bool(r.MembersAdd), OpenHistory: bool(r.History), ReadOnly: bool(r.ReadOnly), MentionAll: chat.MentionRight(r.MentionAll),
			Slow: span(r.Slow, time.Second), Keep: span(r.Keep, time.Hour),
		}}
	},
	"member": func(r *row) any {
		return importing.Member{Conversation: r.Conversation, User: r.User, AddedBy: r.AddedBy, Membership: chat.Membership{
			Role: chat.Role(r.Role), Joined: r.Joined, Added: bool(r.Added), ReceiptsOff: bool(r.ReceiptsOff), Pinned: bool(r.Pinned), MutedUntil: timeOf(r.MutedUntil),
		}}
	},
	"slow_post": func(r *row) any {
		return importing.SlowPost{Conversation: r.Conversation, User: r.User, At: timeOf(r.PostedAt)}
	},
	"departure": func(r *row) any {
		return importing.Departure{Conversation: r.Conversation, User: r.User, At: timeOf(r.LeftAt)}
	},
	"invitation": func(r *row) any {
		return importing.Invitation{Conversation: r.Conversation, User: r.User, From: r.From, At: timeOf(r.InvitedAt), Hidden: bool(r.Hidden)}
	},
	"block": func(r *row) any {
		return importing.Block{User: r.User, Blocked: r.Blocked, At: timeOf(r.BlockedAt)}
	},
	"follower": func(r *row) any {
		return importing.Follower{Conversation: r.Conversation, User: r.User, Root: r.Thread, Seen: r.ReadUpTo, Following: bool(r.Following)}
	},
	"pin": func(r *row) any {
		return importing.Pin{Conversation: r.Conversation, User: r.User, Seq: r.Seq, At: timeOf(r.At)}
	},
	"saved": func(r *row) any {
		return importing.Saved{Conversation: r.Conversation, User: r.User, Seq: r.Seq, At: timeOf(r.At)}
	},
	"mention": func(r *row) any {
		return importing.Mention{Conversation: r.Conversation, User: r.User, Seq: r.Seq, Done: bool(r.Done)}
	},
	"marker": func(r *row) any {
		return importing.MarkerMove{Conversation: r.Conversation, User: r.User, Read: r.Marker == "read", Past: r.Past, Seq: r.Seq, At: timeOf(r.At)}
	},
	"draft": func(r *row) any {
		return importing.Draft{Conversation: r.Conversation, User: r.User, Body: string(r.Body)}
	},
	"later": func(r *row) any {
		id, err := uuid.Parse(r.ID)
		if err != nil {
			return nil
		}
		return importing.Later{Conversation: r.Conversation, User: r.User, Later: chat.Later{
			ID: id, Body: string(r.Body), At: timeOf(r.At), Zone: string(r.Zone), MadeAt: timeOf(r.MadeAt), DueAt: timeOf(r.DueAt), Refused: string(r.Refused),
		}}
	},
	"audit": func(r *row) any {
		return importing.Audit{Entry: chat.AuditEntry{
			At: timeOf(r.At), Actor: string(r.Actor), Action: string(r.Action), Target: string(r.Target), Detail: string(r.Detail),
		}}
	},
}

// keyOf returns the key in a line, or nil if it does not have exactly one.
func keyOf(r *row) *keys.Key {
	found, err := keys.ParseAuthorized(strings.NewReader(string(r.Key)))
	if err != nil || len(found) != 1 {
		return nil
	}
	return &found[0]
}

// span is a length of time of an export. It is bounded, so that it fits.
func span(n int64, unit time.Duration) time.Duration {
	return time.Duration(min(max(n, 0), int64(100*365*24*time.Hour/unit))) * unit
}

// ownSettings are the settings that belong to the server of the export: to its data folder, its
// host key, the flags of its start, and its imports.
var ownSettings = []string{
	chat.SettingServerID, chat.SettingProbe, chat.SettingHostKey, chat.SettingOtherHostKeys, "trusted-ca", importing.RestoringSetting, importing.RestoredSetting,
}

// extras passes on what a restore brings besides accounts, conversations and messages.
func (e *Export) extras(ctx context.Context, do func(importing.Item) error) error {
	var last []importing.Extra                            // after all others
	ignored := func(importing.Fault) error { return nil } // look has told it
	err := e.rows(ctx, ignored, func(place string, r *row) error {
		switch {
		case r.Type == "user":
			if at := timeOf(r.LastSeenAt); !at.IsZero() { // kept only with a preference
				last = append(last, importing.Extra{Kind: "last seen", Place: place, What: importing.LastSeen{User: r.ID, At: at}})
			}
		case r.Type == "member": // the times of the markers come before them
			last = append(last, importing.Extra{Kind: "position", Place: place, What: importing.Markers{
				Conversation: r.Conversation, User: r.User, Markers: chat.Markers{Delivered: r.Delivered, Read: r.Read, ReadFrom: r.ReadFrom, Seen: r.Seen},
			}})
		case r.Type == "setting" && slices.Contains(ownSettings, string(r.Name)):
			return do(importing.Fault{Place: place, Reason: "setting: it belongs to the machine of the other server"})
		}
		make := extras[r.Type]
		if make == nil {
			return nil
		}
		what, ok := make(r).(importing.Belonging)
		if !ok {
			return do(importing.Fault{Place: place, Reason: fmt.Sprintf("%s: the line is damaged", r.Type)})
		}
		return do(importing.Extra{Kind: r.Type, Place: place, What: what})
	})
	for _, one := range last {
		if err == nil {
			err = do(one)
		}
	}
	return err
}
