"""Property-testing of gradients: laws, checks that name the culprit, random programs."""

from .checks import CheckError as CheckError
from .checks import CheckReport as CheckReport
from .checks import check_grads as check_grads
from .checks import check_jit as check_jit
from .checks import check_jvp as check_jvp
from .checks import check_laws as check_laws
from .checks import check_vjp as check_vjp
from .checks import check_vmap as check_vmap
from .culprit import Culprit as Culprit
from .generate import RandomProgram as RandomProgram
from .laws import LAWS as LAWS
from .laws import Law as Law
from .laws import LawViolation as LawViolation
from .laws import law_named as law_named
from .program import jaxpr_of as jaxpr_of
from .program import prim as prim
from .program import program_source as program_source
from .reduce import reduce_program as reduce_program
from .stacks import check_stack as check_stack
from .stacks import check_transforms as check_transforms
from .strategies import given_function as given_function
from .verify import check_primitive as check_primitive
