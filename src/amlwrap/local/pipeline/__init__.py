"""What each kind of job does: the only floor that knows the order of the stages."""

from amlwrap.local.pipeline.batch_prediction import run_batch_prediction
from amlwrap.local.pipeline.datasource import run_datasource
from amlwrap.local.pipeline.evaluation import run_evaluation
from amlwrap.local.pipeline.realtime import load_predictor
from amlwrap.local.pipeline.training import run_model

__all__ = ["load_predictor", "run_batch_prediction", "run_datasource", "run_evaluation", "run_model"]
