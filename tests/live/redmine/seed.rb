# Run by "seed" inside Redmine (rails runner). Fills an empty database: two queues and a private one, two agents, one with few rights,
# a mail gateway, and two customers who are users of the server: one sees her own tickets, one everybody's.
now = Time.now
ActionMailer::Base.perform_deliveries = false
Redmine::DefaultData::Loader.load('en') # statuses, priorities, trackers

Setting.rest_api_enabled = '1'
Setting.jsonp_enabled = '0'
Setting.login_required = '1'
Setting.app_title = 'ticketty test desk'
Setting.host_name = '127.0.0.1'
Setting.mail_from = 'desk@desk.example'
Setting.default_language = 'en'
Setting.text_formatting = 'markdown'
Setting.attachment_max_size = '5120'
Setting.cross_project_issue_relations = '1'
Setting.mail_handler_api_enabled = '1'
Setting.mail_handler_api_key = MAIL_KEY = 'm41lgate'

def key(n)
  format('c0ffee%034x', n)
end
$env = { 'REDMINE_URL' => ENV['SEED_BASE'], 'REDMINE_OUTBOX' => ENV['SEED_OUTBOX'], 'REDMINE_KEY_MAIL' => MAIL_KEY }
def sign_in(user, value)
  user.api_token&.destroy
  token = Token.new(user: user, action: 'api')
  token.save!
  token.update_columns(value: value)
  $env["REDMINE_KEY_#{user.login.upcase}"] = value
end
def user(login, first, last, mail, n, zone: nil)
  u = User.new(firstname: first, lastname: last, mail: mail, language: 'en')
  u.login = login
  u.password = u.password_confirmation = "ticketty-#{login}"
  u.save!
  u.pref.update!(hide_mail: '1', time_zone: zone)
  sign_in(u, key(n))
  $env["REDMINE_PASSWORD_#{login.upcase}"] = "ticketty-#{login}"
  u
end

admin = User.find_by_login('admin')
admin.update_columns(must_change_passwd: false)
admin.password = admin.password_confirmation = 'ticketty-admin'
admin.save!
sign_in(admin, ENV['SEED_ADMIN'])
User.current = admin

Role.where(name: %w[Manager Developer Reporter]).each(&:destroy)
def role(name, assignable, visibility, permissions)
  role = Role.new(name: name, assignable: assignable, issues_visibility: visibility, users_visibility: 'all')
  role.permissions = permissions
  role.save!
  role
end
agent = role('Agent', true, 'all', %i[
  view_issues add_issues edit_issues edit_own_issues copy_issues manage_issue_relations manage_subtasks
  set_issues_private add_issue_notes edit_issue_notes edit_own_issue_notes view_private_notes set_notes_private
  delete_issues view_issue_watchers add_issue_watchers delete_issue_watchers save_queries
  view_members view_time_entries log_time manage_categories search_project])
light = role('Light agent', false, 'all', %i[view_issues add_issue_notes edit_own_issue_notes view_issue_watchers])
customer = role('Customer', false, 'own', %i[view_issues add_issues add_issue_notes])
# A customer's office that follows everything, and to whom work may be given: as the role "Reporter" of a new Redmine has it.
office = role('Office', true, 'all', %i[view_issues add_issues add_issue_notes])

# The default workflow belongs to the roles removed above: agents may make every move, but closed tickets only be opened again.
tracker = Tracker.find_by_name('Support')
Tracker.where.not(id: tracker.id).each(&:destroy)
statuses = IssueStatus.sorted.to_a
statuses.product(statuses).each do |a, b|
  next if a == b || (a.is_closed? && !['New', 'In Progress'].include?(b.name))
  WorkflowTransition.create!(tracker: tracker, role: agent, old_status_id: a.id, new_status_id: b.id)
end
statuses.reject(&:is_closed?).each do |s|
  WorkflowTransition.create!(tracker: tracker, role: agent, old_status_id: 0, new_status_id: s.id)
end

mail = IssueCustomField.create!(name: 'Customer e-mail', field_format: 'string', is_for_all: true, is_filter: true, searchable: true, trackers: [tracker])
tags = %w[vip parcel invoice 住所変更]
list = IssueCustomField.create!(name: 'Tags', field_format: 'list', multiple: true, possible_values: tags, is_for_all: true, is_filter: true, trackers: [tracker])
IssueCustomField.create!(name: 'Snoozed until', field_format: 'date', is_for_all: true, is_filter: true, trackers: [tracker])

mika = user('mika', '美佳', '加藤', 'mika@desk.example', 1, zone: 'Tokyo')
ben = user('ben', 'Ben', 'Osei', 'ben@desk.example', 2, zone: 'London')
gateway = user('gateway', 'Mail', 'Gateway', 'gateway@desk.example', 255)
erin = user('erin', 'Erin', 'Lightfoot', 'erin@desk.example', 254)
nora = user('nora', 'Nora', 'Lind', 'nora@customer.example', 253)
olga = user('olga', 'Olga', 'Berg', 'olga@customer.example', 252)
# As every new account of Redmine 5; from 6 on a new one is mailed of what is assigned to it and of nothing else.
[nora, olga].each { |u| u.update!(mail_notification: 'only_my_events') }

projects = [['shop', 'Shop'], ['billing', 'Billing'], ['vault', 'Vault']].map do |identifier, name|
  p = Project.new(name: name, is_public: false)
  p.identifier = identifier
  p.enabled_module_names = %w[issue_tracking]
  p.trackers = [tracker]
  p.issue_custom_fields = IssueCustomField.all
  p.save!
  %w[Question Complaint].each { |c| IssueCategory.create!(project: p, name: c) }
  [mika, *(ben unless identifier == 'vault'), gateway].each { |u| Member.create!(project: p, principal: u, roles: [agent]) }
  Member.create!(project: p, principal: erin, roles: [light]) if identifier == 'shop'
  Member.create!(project: p, principal: nora, roles: [customer]) if identifier == 'shop'
  Member.create!(project: p, principal: olga, roles: [office]) if identifier == 'shop'
  p
end

# A ticket for each queue, so that none is empty.
[['Parcel 4471 arrived open', 'One cup is broken.'], ['請求書の宛名を変更したい', "株式会社例示でお願いいたします。\n\n鈴木"], ['A file of a colleague', 'Not for everybody.']].each_with_index do |(subject, text), n|
  User.current = gateway
  i = Issue.new(project: projects[n], tracker: tracker, author: gateway, subject: subject, description: text,
                priority: IssuePriority.find_by_name('Normal'), status: IssueStatus.find_by_name('New'))
  i.custom_field_values = { mail.id.to_s => 'first@other.example', list.id.to_s => [tags[n]] }
  i.save!
  i.update_columns(created_on: now - 3600, updated_on: now - 3600)
end

File.open(ENV['SEED_ENV'], 'w', 0o600) { |f| $env.each { |name, value| f.puts "#{name}=#{value}" } }
puts "seeded: #{Issue.count} issues, #{Project.count} projects, #{User.count} users"
