// What one of the two people of a conversation sees of it: buttons are for the side that is asked, what is left of an
// offer after commission is for the influencer, and of a deleted message only that it was there.

export function showConversation(row, role, { lastMessage, otherUser, seenSeq }) {
  return {
    id: row.id,
    campaign_id: row.campaign_id,
    bid_id: row.bid_id,
    request_id: row.request_id,
    brand_owner_id: row.brand_owner_id,
    influencer_id: row.influencer_id,
    chat_status: row.chat_status,
    flow_state: row.flow_state,
    awaiting_role: row.awaiting_role,
    automation_enabled: row.automation_enabled,
    flow_data: showFlow(row.flow_data, role),
    payment_required: row.payment_required,
    payment_completed: row.payment_completed,
    created_at: row.created_at,
    updated_at: row.updated_at,
    last_message: lastMessage ? showLastMessage(lastMessage, role) : null,
    other_user: otherUser,
    unread_count: row.last_seq - seenSeq,
    last_seq: row.last_seq,
  };
}

export function showMessage(row, user, participations) {
  const deleted = row.deleted_at !== null;
  const readers = participations.filter(
    (one) => one.user_id !== row.sender_id && (row.receiver_id === null || row.receiver_id === one.user_id),
  );
  const seen = readers.length > 0 && readers.every((one) => one.seen_seq >= row.seq);
  const seenAt = seen ? Math.max(...readers.map((one) => one.seen_at)) : null;
  return {
    id: row.id,
    conversation_id: row.conversation_id,
    seq: row.seq,
    sender_id: row.sender_id,
    receiver_id: row.receiver_id,
    message: deleted ? '' : row.message,
    message_type: row.message_type,
    action_required: row.action_required && row.action_role === user.role,
    action_data: showAction(row, user.role),
    flow_context: row.flow_context,
    media_url: deleted ? null : row.media_url,
    metadata: deleted ? null : row.metadata,
    seen,
    seen_at: seenAt && new Date(seenAt),
    deleted,
    client_msg_id: row.sender_id === user.id ? row.client_msg_id : null,
    created_at: row.created_at,
  };
}

function showLastMessage(row, role) {
  return {
    id: row.id,
    message: row.deleted_at ? '' : row.message,
    message_type: row.message_type,
    sender_id: row.sender_id,
    created_at: row.created_at,
    action_required: row.action_required && row.action_role === role,
    action_data: showAction(row, role),
  };
}

function showAction(row, role) {
  if (row.action_data?.answered) return { answered: row.action_data.answered };
  return row.action_role === role ? row.action_data : null;
}

function showFlow(flow, role) {
  if (role !== 'brand_owner' || !flow?.offers) return flow;
  return { ...flow, offers: flow.offers.map(({ you_receive: _, ...offer }) => offer) };
}
