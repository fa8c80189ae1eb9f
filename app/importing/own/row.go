package own

import (
	"confab/app/chat"
	"confab/app/importing/lenient"
)

// row is a line, with the fields of all types that are read.
type row struct {
	Type         string         `json:"type"`
	ID           string         `json:"id"`
	User         string         `json:"user"`
	Name         lenient.String `json:"name"`
	Display      lenient.String `json:"display_name"`
	Role         lenient.String `json:"role"`
	Bot          lenient.Bool   `json:"bot"`
	Disabled     lenient.Bool   `json:"disabled"`
	Key          lenient.String `json:"key"`
	CreatedAt    lenient.String `json:"created_at"`
	Kind         lenient.String `json:"kind"`
	Topic        lenient.String `json:"topic"`
	Public       lenient.Bool   `json:"public"`
	MembersAdd   lenient.Bool   `json:"members_add"`
	History      lenient.Bool   `json:"history"`
	ReadOnly     lenient.Bool   `json:"read_only"`
	Slow         int64          `json:"slow_seconds"`
	Conversation string         `json:"conversation"`
	Joined       chat.Seq       `json:"joined"`
	Seq          chat.Seq       `json:"seq"`
	Author       string         `json:"author"`
	SentAt       lenient.String `json:"sent_at"`
	EditedAt     lenient.String `json:"edited_at"`
	DeletedAt    lenient.String `json:"deleted_at"`
	Change       lenient.String `json:"change"`
	Body         lenient.String `json:"body"`
	ReplyTo      lenient.String `json:"reply_to"`
	Thread       chat.Seq       `json:"thread"`
	Aside        lenient.Bool   `json:"aside"`
	Emoji        lenient.String `json:"emoji"`
	At           lenient.String `json:"at"`
	Mentions     lenient.String `json:"group_mention"`
	DeletedBy    lenient.String `json:"deleted_by"`
	MentionAll   lenient.String `json:"mention_all"`
	Keep         int64          `json:"keep_hours"`
	Expired      chat.Seq       `json:"expired"`
	ReceiptsOff  lenient.Bool   `json:"receipts_off"`
	Status       lenient.String `json:"status"`
	StatusUntil  lenient.String `json:"status_until"`
	LastSeenAt   lenient.String `json:"last_seen_at"`
	Comment      lenient.String `json:"comment"`
	AddedAt      lenient.String `json:"added_at"`
	LastUsedAt   lenient.String `json:"last_used_at"`
	EndedAt      lenient.String `json:"ended_at"`
	Fingerprint  lenient.String `json:"fingerprint"`
	Value        lenient.String `json:"value"`
	Note         lenient.String `json:"note"`
	Address      lenient.String `json:"address"`
	State        lenient.String `json:"state"`
	AskedAt      lenient.String `json:"asked_at"`
	Target       lenient.String `json:"target"`
	MadeAt       lenient.String `json:"made_at"`
	EndsAt       lenient.String `json:"ends_at"`
	MadeBy       lenient.String `json:"made_by"`
	Reason       lenient.String `json:"reason"`
	Delivered    chat.Seq       `json:"delivered"`
	Read         chat.Seq       `json:"read"`
	ReadFrom     chat.Seq       `json:"read_from"`
	Seen         chat.Seq       `json:"seen"`
	Added        lenient.Bool   `json:"added"`
	AddedBy      string         `json:"added_by"`
	Pinned       lenient.Bool   `json:"pinned"`
	MutedUntil   lenient.String `json:"muted_until"`
	PostedAt     lenient.String `json:"posted_at"`
	LeftAt       lenient.String `json:"left_at"`
	From         string         `json:"from"`
	InvitedAt    lenient.String `json:"invited_at"`
	Hidden       lenient.Bool   `json:"hidden"`
	Blocked      string         `json:"blocked"`
	BlockedAt    lenient.String `json:"blocked_at"`
	Following    lenient.Bool   `json:"following"`
	ReadUpTo     chat.Seq       `json:"read_up_to"`
	Done         lenient.Bool   `json:"done"`
	Marker       lenient.String `json:"marker"`
	Past         chat.Seq       `json:"past"`
	Zone         lenient.String `json:"zone"`
	DueAt        lenient.String `json:"due_at"`
	Refused      lenient.String `json:"refused"`
	Actor        lenient.String `json:"actor"`
	Action       lenient.String `json:"action"`
	Detail       lenient.String `json:"detail"`
	File         lenient.Object[struct {
		Name   lenient.String `json:"name"`
		SHA256 lenient.String `json:"sha256"`
	}] `json:"file"`
}
