"""Before the first day: contracts deployed, everybody admitted, monies registered, accounts opened."""

from node.chain.calls import Admission, KeyTerms
from node.chain.contracts import Contracts
from node.chain.deployment import Authority, Deployment, write_deployment
from node.clock import Random
from node.keys.approvers import ApproverKeystores
from node.keys.keystore import Keystore
from node.keys.policy import deployer_policy, node_policy
from node.services.actors import Role
from node.services.deployment import deploy, planned_deployment
from node.services.direct import DirectSender
from node.services.founding import Founder
from scripts.demonstration.cast import BANKS, CENTRAL_BANK, CURRENCIES, PLAYERS, Player
from scripts.demonstration.ground import Ground
from scripts.demonstration.place import Place
from settlement.money import currency
from settlement.participant import KeyRole, ParticipantKind

PASSWORD = "keystore.password"  # noqa: S105 - the name of a file
SECOND_PASSWORD = "second-person.password"  # noqa: S105 - likewise
# A demo's keys guard nothing, so a guess at their password may be cheap: an opening takes a millisecond.
SCRYPT_N = 1024
_PASSWORD_BYTES = 16
# One key is enough for all that is played here: consents by a second one are not collected by the node yet.
_THRESHOLD = 10**15


def found_network(place: Place, ground: Ground, random: Random) -> Deployment:
    """Do all of it, and write the deployment file last: where it stands, a network was founded."""
    keys = {player.key: _make_keys(place, player, random) for player in PLAYERS}
    operator_keys = keys[CENTRAL_BANK.key]
    deployment = _deploy(place, ground, random, operators=operator_keys)
    contracts = Contracts(deployment)
    operator = operator_keys[1].address
    signer = Keystore(place.home(CENTRAL_BANK) / "keys").open(
        _password(place, CENTRAL_BANK), node_policy(contracts), [operator]
    )
    founder = Founder(DirectSender(ground.chain, contracts, signer, ground.clock), contracts, operator)
    thresholds = {currency(code).number: _THRESHOLD for code in CURRENCIES}
    numbers = {
        player.key: founder.admit(_admission(player, keys[player.key]), thresholds) for player in PLAYERS
    }
    for code in CURRENCIES:
        asset = founder.register_money(currency=currency(code).number, issuer=numbers[CENTRAL_BANK.key])
        founder.open_accounts(asset=asset, holders=[numbers[bank.key] for bank in BANKS])
    write_deployment(place.deployment_file, deployment)
    return deployment


def _make_keys(place: Place, player: Player, random: Random) -> tuple[KeyTerms, ...]:
    """Make a player's keys: the node's own, and a second person's that the node can't open."""
    made = []
    for folder, password, roles in (
        ("keys", PASSWORD, (KeyRole.PAY, KeyRole.ADMINISTER)),
        ("second-person", SECOND_PASSWORD, (KeyRole.ADMINISTER,)),
    ):
        place.write_secret(player, password, random.bytes(_PASSWORD_BYTES).hex())
        keystore = Keystore(place.home(player) / folder, scrypt_n=SCRYPT_N)
        secret = place.secret(player, password).read_text().strip().encode()
        made += [KeyTerms(address=keystore.create(secret, random), role=role) for role in roles]
    secret = _second_password(place, player)
    # The second person's approve key lies where the node looks; it opens with that person's secret only.
    approvers = ApproverKeystores(place.home(player) / "approvers", scrypt_n=SCRYPT_N)
    approve = approvers.create(token_name(Role.APPROVER), secret, random)
    return (*made, KeyTerms(address=approve, role=KeyRole.APPROVE))


def _second_password(place: Place, player: Player) -> bytes:
    return place.secret(player, SECOND_PASSWORD).read_text().strip().encode()


def token_name(role: Role) -> str:
    """Return the name of a player's person in a role: by it an approver's key is found."""
    return f"demo {role.value}"


def _deploy(place: Place, ground: Ground, random: Random, *, operators: tuple[KeyTerms, ...]) -> Deployment:
    members = [key.address for key in operators if key.role is KeyRole.ADMINISTER]
    operator = members[:1]
    authority = Authority(
        operators=operator, guardians=operator, members=members, threshold=len(members), delay=0
    )
    keystore = Keystore(place.home(CENTRAL_BANK) / "deployer", scrypt_n=SCRYPT_N)
    password = _password(place, CENTRAL_BANK)
    deployer = keystore.create(password, random)
    planned = planned_deployment(ground.chain, deployer, delay=authority.delay)
    signer = keystore.open(password, deployer_policy(Contracts(planned)), [deployer])
    return deploy(ground.chain, signer, deployer, ground.clock, authority)


def _admission(player: Player, keys: tuple[KeyTerms, ...]) -> Admission:
    kind = ParticipantKind.OPERATOR if player is CENTRAL_BANK else ParticipantKind.BANK
    return Admission(kind=kind, bic=player.bic, lei=player.lei, members=player.members, keys=keys)


def _password(place: Place, player: Player) -> bytes:
    return place.secret(player, PASSWORD).read_text().strip().encode()
