#!/usr/bin/perl
# `seed.pl map` prints "message-id ticket-number" for every mail RT holds.
# `seed.pl many N` opens N tickets, spread over the queues, as customers would.
# `seed.pl` alone makes the structure:
# queues, agents, rights, labels and tokens for the test server. Talks to RT's
# own Perl API because REST2 cannot grant rights or create auth tokens.
# Prints "agent id token" lines for tokens it had to create.
use strict;
use warnings;
use utf8;
use lib $ENV{RT_LIB};
use RT;
RT::LoadConfig();
RT->Config->Set( LogToSTDERR => 'error' );
RT::Init();
binmode STDOUT, ':encoding(UTF-8)';

my $sys = RT->SystemUser;
my %have = map { $_ => 1 } grep { length } split /,/, ( $ENV{HAVE_TOKENS} || '' );

if ( ( $ARGV[0] // '' ) eq 'map' ) {
    my $atts = RT::Attachments->new($sys);
    $atts->Limit( FIELD => 'MessageId', OPERATOR => 'LIKE', VALUE => 'seed-%' );
    $atts->Limit( FIELD => 'Parent', VALUE => 0 );
    while ( my $a = $atts->Next ) {
        my $txn = $a->TransactionObj;
        next unless $txn->ObjectType eq 'RT::Ticket';
        my ($mid) = split /\@/, $a->MessageId;
        printf "%s %d\n", $mid, $txn->ObjectId;
    }
    exit 0;
}

if ( ( $ARGV[0] // '' ) eq 'many' ) {
    require MIME::Entity;
    my @queues = ( 'General', 'Shop', 'Shop-X', 'Onboarding', 'Finance' );
    my @about  = ( 'Where is parcel', 'Invoice for order', '返品と請求書の件', 'Cannot sign in, account' );
    for my $n ( 1 .. ( $ARGV[1] || 500 ) ) {
        my $address = sprintf 'customer%02d@many.example', $n % 40;
        my $user = RT::User->new($sys);
        $user->LoadOrCreateByEmail( EmailAddress => $address, RealName => sprintf( 'Customer %02d', $n % 40 ) );
        my $ticket = RT::Ticket->new( RT::CurrentUser->new($user) );
        my ( $id, undef, $why ) = $ticket->Create(
            Queue     => $queues[ $n % @queues ],
            Subject   => "$about[ $n % @about ] $n",
            Requestor => $address,
            MIMEObj   => MIME::Entity->build(
                Type => 'text/plain', Charset => 'UTF-8', From => $address,
                Subject => "many $n", Data => ["Please look at number $n.\n"],
            ),
        );
        die "seed: many $n: $why\n" unless $id;
    }
    exit 0;
}

sub must {
    my ( $what, $ok, $msg ) = @_;
    die "seed: $what: " . ( $msg // 'failed' ) . "\n" unless $ok;
}

# --- queues ----------------------------------------------------------------
my @queues = (
    [ General    => 'default',    'Everything that has no home yet', 'support' ],
    [ Shop       => 'default',    'Orders, delivery, invoices',      'shop' ],
    [ 'Shop-X'   => 'default',    'Orders of the sister shop',       'shop-x' ],
    [ Onboarding => 'onboarding', 'New customers, step by step',     'onboarding' ],
    [ Finance    => 'default',    'Closed group, one agent only',    'finance' ],
);
my %queue;
for (@queues) {
    my ( $name, $lifecycle, $desc, $local ) = @$_;
    my $q = RT::Queue->new($sys);
    $q->Load($name);
    if ( !$q->id ) {
        must( "queue $name", $q->Create(
            Name => $name, Description => $desc, Lifecycle => $lifecycle,
            CorrespondAddress => "$local\@rt.example",
            CommentAddress    => "$local-comment\@rt.example",
        ) );
    }
    elsif ( ( $q->Description // '' ) ne $desc ) {
        $q->SetDescription($desc);
        $q->SetCorrespondAddress("$local\@rt.example");
        $q->SetCommentAddress("$local-comment\@rt.example");
    }
    $queue{$name} = $q;
}

# --- agents ----------------------------------------------------------------
my @agents = (
    [ aiko => 'Aiko Tanaka',  'Asia/Tokyo' ],
    [ bram => 'Bram de Wit',  'Europe/Amsterdam' ],
    [ chen => 'Chen Li',      '' ],
    [ dana => 'Dana Reyes',   'America/New_York' ],
);
my %agent;
for (@agents) {
    my ( $name, $real, $tz ) = @$_;
    my $u = RT::User->new($sys);
    $u->Load($name);
    if ( !$u->id ) {
        must( "user $name", $u->Create(
            Name => $name, RealName => $real, EmailAddress => "$name\@rt.example",
            Password => "ticketty-$name", Privileged => 1,
            ( $tz ? ( Timezone => $tz ) : () ),
        ) );
    }
    $agent{$name} = $u;
}

# --- groups and rights -----------------------------------------------------
sub group {
    my ( $name, @members ) = @_;
    my $g = RT::Group->new($sys);
    $g->LoadUserDefinedGroup($name);
    must( "group $name", $g->CreateUserDefinedGroup( Name => $name ) ) unless $g->id;
    for (@members) {
        my $p = $agent{$_}->PrincipalId;
        $g->AddMember($p) unless $g->HasMember($p);
    }
    return $g;
}

sub grant {
    my ( $who, $object, @rights ) = @_;
    for my $right (@rights) {
        my $acl = RT::ACE->new($sys);
        $acl->LoadByValues(
            PrincipalType => 'Group', PrincipalId => $who->PrincipalId,
            RightName => $right, Object => $object,
        );
        next if $acl->id;
        my ( $ok, $msg ) = $who->PrincipalObj->GrantRight( Right => $right, Object => $object );
        die "seed: grant $right: $msg\n" unless $ok || $msg =~ /already/i;
    }
}

my @see   = qw(SeeQueue ShowTicket ShowTicketComments SeeCustomField Watch CommentOnTicket);
my @work  = qw(CreateTicket ReplyToTicket OwnTicket TakeTicket StealTicket ModifyTicket
               ReassignTicket DeleteTicket ShowOutgoingEmail ModifyCustomField ForwardMessage SetInitialCustomField);

my $agents   = group( 'Agents',   qw(aiko bram chen) );
my $trainees = group( 'Trainees', qw(dana) );
my $finance  = group( 'Finance team', qw(aiko) );
for my $n ( 'General', 'Shop', 'Shop-X', 'Onboarding' ) {
    grant( $agents, $queue{$n}, @see, @work );
}
grant( $finance, $queue{Finance}, @see, @work );
# Label values are readable only with the system-wide SeeCustomField below, which
# trainees lack: an adapter must cope with both.
# A trainee reads and comments, may take free tickets in General, steals nothing.
grant( $trainees, $queue{$_}, @see ) for 'General', 'Shop';
grant( $trainees, $queue{General}, qw(OwnTicket TakeTicket ReplyToTicket) );
grant( $agents, RT->System, qw(ModifySelf ManageAuthTokens ShowUserHistory SeeGroup SeeCustomField) );

# Customers write in by mail.
my $everyone = RT::Group->new($sys);
$everyone->LoadSystemInternalGroup('Everyone');
grant( $everyone, $_, qw(CreateTicket ReplyToTicket) ) for values %queue;

# --- labels ----------------------------------------------------------------
sub field {
    my ( $name, $type, $max, @values ) = @_;
    my $cf = RT::CustomField->new($sys);
    $cf->LoadByName( Name => $name, LookupType => RT::Ticket->CustomFieldLookupType, ObjectId => 0 );
    if ( !$cf->id ) {
        must( "field $name", $cf->Create(
            Name => $name, Type => $type, MaxValues => $max,
            LookupType => RT::Ticket->CustomFieldLookupType,
        ) );
        my $n = 0;
        $cf->AddValue( Name => $_, SortOrder => ++$n ) for @values;
        my $global = RT::Queue->new($sys);
        must( "apply $name", $cf->AddToObject($global) );
    }
    return $cf;
}
field( 'Labels',   'Freeform', 0 );
field( 'Severity', 'Select',   1, qw(low normal high) );
field( 'Topics',   'Select',   0, qw(delivery invoice login refund) );

# --- tokens ----------------------------------------------------------------
for my $name ( sort keys %agent ) {
    next if $have{$name};
    my $t = RT::AuthToken->new($sys);
    my ( $ok, $msg, $auth ) = $t->Create( Owner => $agent{$name}->id, Description => 'ticketty test' );
    must( "token $name", $ok, $msg );
    print "$name $auth\n";
}
