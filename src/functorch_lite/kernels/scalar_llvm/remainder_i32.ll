; Function Attrs: nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none)
declare double @llvm.trunc.f64(double) #0

; Function Attrs: alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none)
define linkonce_odr i32 @fl_scalar_remainder_i32(i32 %p0, i32 %p1) local_unnamed_addr #1 {
good:
  %0 = add i32 %p1, 1
  %.12.i.i = icmp ult i32 %0, 2
  %.14.i.i = select i1 %.12.i.i, i32 1, i32 %p1
  %.12.i1.i = sitofp i32 %p0 to double
  %.14.i2.i = sitofp i32 %.14.i.i to double
  %.18.i.i = fdiv double %.12.i1.i, %.14.i2.i
  %.19.i.i = tail call double @llvm.trunc.f64(double %.18.i.i)
  %.20.i.i = fptosi double %.19.i.i to i64
  %.21.i.i = trunc i64 %.20.i.i to i32
  %.33.i.i = mul i32 %.14.i.i, %.21.i.i
  %.37.i.i = sub i32 %p0, %.33.i.i
  %.75.i = icmp ne i32 %p0, %.33.i.i
  %1 = xor i32 %.37.i.i, %.14.i.i
  %.80.i = icmp slt i32 %1, 0
  %.81.i = and i1 %.75.i, %.80.i
  %.86.i = select i1 %.81.i, i32 %.14.i.i, i32 0
  %.91.i = add i32 %.86.i, %.37.i.i
  %.33.i4.i = select i1 %.12.i.i, i32 0, i32 %.91.i
  ret i32 %.33.i4.i
}

attributes #0 = { nocallback nocreateundeforpoison nofree nosync nounwind speculatable willreturn memory(none) }
attributes #1 = { alwaysinline mustprogress nofree norecurse nosync nounwind willreturn memory(none) }
